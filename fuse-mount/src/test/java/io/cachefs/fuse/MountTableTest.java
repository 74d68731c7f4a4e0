package io.cachefs.fuse;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The mount table in the form of proc_pid_mountinfo(5). */
class MountTableTest {
  private static final MountTable TABLE =
      MountTable.parse(
          List.of(
              "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw",
              "40 22 0:52 / /mnt/my\\040fast\\134disk rw,nosuid - fuse.cachefs /src\\011tab rw",
              "41 22 0:53 / /mnt/twice rw - tmpfs tmpfs rw",
              "42 41 0:54 / /mnt/twice rw shared:2 master:1 - fuse.cachefs /src rw",
              "nonsense",
              "43 22 0:55 / /mnt/other rw - fuse.sshfs host:/ rw"));

  @Test
  void escapesAreNamesAgain() {
    Mount mount = TABLE.at(Path.of("/mnt/my fast\\disk")).orElseThrow();
    assertThat(mount.minor()).isEqualTo(52);
    assertThat(mount.source()).isEqualTo("/src\ttab");
    assertThat(MountTable.unescape("caf\\303\\251")).isEqualTo("café");
    assertThat(MountTable.unescape("end\\04")).isEqualTo("end\\04");
  }

  @Test
  void theUppermostOfTwoMountsIsSeen() {
    assertThat(TABLE.at(Path.of("/mnt/twice")).orElseThrow().minor()).isEqualTo(54);
  }

  @Test
  void onlyOursAreListed() {
    assertThat(TABLE.cachefsMounts()).extracting(Mount::minor).containsExactly(52, 54);
  }

  @Test
  void theTableOfThisMachineCanBeRead() {
    assertThat(MountTable.read().at(Path.of("/"))).isPresent();
  }
}
