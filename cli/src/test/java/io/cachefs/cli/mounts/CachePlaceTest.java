package io.cachefs.cli.mounts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cachefs.cli.outcome.CommandFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where caches are kept, and where they may not be. */
class CachePlaceTest {
  @TempDir Path directory;

  @Test
  void theStandardPlaceIsNamedAfterTheSource() {
    assertThat(CachePlace.standard(Path.of("/mnt/nas"), true, Map.of()).toString())
        .matches("/var/cache/cachefs/mnt-nas-[0-9a-f]{8}");
    assertThat(CachePlace.standard(Path.of("/a b/c"), false, Map.of("HOME", "/home/x")).toString())
        .matches("/home/x/.cache/cachefs/a-b-c-[0-9a-f]{8}");
    assertThat(CachePlace.standard(Path.of("/a"), false, Map.of("XDG_CACHE_HOME", "/c")).toString())
        .startsWith("/c/cachefs/a-")
        .isNotEqualTo(
            CachePlace.standard(Path.of("/-a"), false, Map.of("XDG_CACHE_HOME", "/c")).toString());
  }

  @Test
  void aPlaceThatOverlapsIsRefused() throws IOException {
    Path source = Files.createDirectory(directory.resolve("source")).toRealPath();
    Path mount = Files.createDirectory(directory.resolve("mount")).toRealPath();
    Path free = directory.toRealPath().resolve("new/deep");
    assertThat(CachePlace.checked(free, source, mount)).isEqualTo(free);
    refused(source.resolve("x/y"), source, mount, "lies inside the source");
    refused(source, source, mount, "lies inside the source");
    refused(mount.resolve("x"), source, mount, "lies inside the mount point");
    refused(directory, source, mount, "lies inside the cache directory");
    Path link = Files.createSymbolicLink(directory.resolve("link"), source);
    refused(link.resolve("x"), source, mount, "lies inside the source");
    refused(Files.createFile(directory.resolve("file")), source, mount, "is not a directory");
  }

  private static void refused(Path place, Path source, Path mount, String reason) {
    assertThatThrownBy(() -> CachePlace.checked(place, source, mount))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining(reason);
  }
}
