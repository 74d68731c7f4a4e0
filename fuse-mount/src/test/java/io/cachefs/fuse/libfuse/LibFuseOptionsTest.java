package io.cachefs.fuse.libfuse;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.fuse.MountOptions;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class LibFuseOptionsTest {
  @Test
  void of_defaultsOfRoot_areSafeAndOpenToAll() {
    assertThat(LibFuseOptions.of(MountOptions.defaults("/mnt/nas", true)))
        .contains("fsname=/mnt/nas", "subtype=cachefs", "use_ino", "attr_timeout=1")
        .contains("rw", "nosuid", "nodev", "exec", "allow_other", "default_permissions")
        .doesNotContain("nonempty", "hard_remove");
  }

  @Test
  void of_defaultsOfOthers_areForThemAlone() {
    assertThat(LibFuseOptions.of(MountOptions.defaults("x", false))).doesNotContain("allow_other");
  }

  @Test
  void escape_protectsCommasAndBackslashes() {
    assertThat(LibFuseOptions.escape("a,b\\c")).isEqualTo("a\\,b\\\\c");
  }

  @Test
  void seconds_areWholeWhereTheyCanBe() {
    assertThat(LibFuseOptions.seconds(Duration.ofMinutes(2))).isEqualTo("120");
    assertThat(LibFuseOptions.seconds(Duration.ofMillis(1500))).isEqualTo("1.500000");
    assertThat(LibFuseOptions.seconds(Duration.ZERO)).isEqualTo("0");
    assertThat(LibFuseOptions.seconds(Duration.ofSeconds(Long.MAX_VALUE))).isEqualTo("315360000");
  }

  @Test
  void bytes_ofAPath_areThoseOfTheFileSystem() {
    assertThat(JnrFuseTransport.bytes(Path.of("/a b/c%,d")))
        .isEqualTo("/a b/c%,d".getBytes(StandardCharsets.US_ASCII));
  }
}
