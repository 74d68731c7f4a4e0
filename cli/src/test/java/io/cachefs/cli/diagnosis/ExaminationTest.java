package io.cachefs.cli.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.cli.mounts.Privileges;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The examination of machines that tests make up. */
class ExaminationTest {
  private static final Privileges ROOT = new Privileges(0, -1L);
  private static final Privileges USER = new Privileges(1000, 0);

  @TempDir Path machine;

  private void file(String path, String content) throws IOException {
    Path file = machine.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }

  private Finding find(Privileges privileges, String check) {
    return new Examination(machine, privileges, Optional.empty())
        .findings().stream().filter(f -> f.check().equals(check)).findFirst().orElseThrow();
  }

  @Test
  void aMachineWithoutFuseFailsWithAdvice() {
    assertThat(find(ROOT, "/dev/fuse").level()).isEqualTo(Finding.Level.FAIL);
    assertThat(find(ROOT, "/dev/fuse").advice()).contains("modprobe fuse");
    assertThat(find(ROOT, "kernel").level()).isEqualTo(Finding.Level.FAIL);
    assertThat(find(USER, "user").level()).isEqualTo(Finding.Level.FAIL);
  }

  @Test
  void aMachineWithFuseIsFine() throws IOException {
    file("dev/fuse", "");
    file("proc/filesystems", "nodev\ttmpfs\nnodev\tfuse\n");
    file("proc/sys/kernel/osrelease", "6.18.1-amd64\n");
    file("etc/fuse.conf", "# no\nuser_allow_other\n");
    for (String check : new String[] {"/dev/fuse", "kernel", "user", "passthrough"}) {
      assertThat(find(ROOT, check).level()).as(check).isEqualTo(Finding.Level.OK);
    }
    assertThat(find(USER, "allow_other").level()).isEqualTo(Finding.Level.OK);
    assertThat(find(USER, "passthrough").level()).isEqualTo(Finding.Level.WARN);
  }

  @Test
  void anOlderKernelHasNoPassthrough() throws IOException {
    file("proc/sys/kernel/osrelease", "6.1.0-17-amd64\n");
    assertThat(find(ROOT, "passthrough").level()).isEqualTo(Finding.Level.WARN);
  }
}
