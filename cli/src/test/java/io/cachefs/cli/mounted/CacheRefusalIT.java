package io.cachefs.cli.mounted;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.cli.Main;
import io.cachefs.testing.process.ChildProcess;
import io.cachefs.testing.process.Require;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Cache directories that cannot be used: one sentence and an exit code; and one that is healed. */
@Timeout(120)
class CacheRefusalIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir Path directory;
  private Path source = Path.of("");
  private Path mountPoint = Path.of("");
  private Path cache = Path.of("");

  @BeforeEach
  void makeDirectories() throws IOException {
    Require.fuse();
    source = Files.createDirectory(directory.resolve("source")).toRealPath();
    mountPoint = Files.createDirectory(directory.resolve("mount")).toRealPath();
    cache =
        Files.createDirectory(
            directory.resolve("cache"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  private void refused(int exitCode, String sentence) {
    try (ChildProcess process =
        ChildProcess.java(
            Main.class,
            "mount",
            "--foreground",
            "--cache-dir=" + cache,
            source.toString(),
            mountPoint.toString())) {
      int code = process.awaitExit(LIMIT);
      String said = String.join("\n", process.output());
      assertThat(said).startsWith("cachefs: ").contains(sentence).hasLineCount(1);
      assertThat(code).as(said).isEqualTo(exitCode);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cachefs cache,format 2,who knows | has format 2 and this program knows 1",
        "cachefs cache,format 1,id 0,source-inode 5,source /elsewhere | belongs to /elsewhere",
        "cachefs cache,format 1 | cannot be understood",
        "something else | cannot be understood"
      })
  void whatTheFormatFileSays_isRefusedWith10(String lines, String sentence) throws IOException {
    Files.writeString(cache.resolve("cachefs.format"), lines.replace(',', '\n') + "\n");
    refused(10, sentence);
  }

  @Test
  void aDirectoryOfOtherFiles_isRefusedWith10() throws IOException {
    Files.writeString(cache.resolve("thesis"), "precious");
    refused(10, "holds something other than a cache");
    assertThat(cache.resolve("thesis")).hasContent("precious");
  }

  @Test
  void aCacheWithinItsSourceOrMount_isRefusedWith10() throws IOException {
    cache = source.resolve("cache");
    refused(10, "inside the source");
    cache = mountPoint.resolve("cache");
    refused(10, "inside the mount point");
  }

  @Test
  void aCacheInUseWithOtherSettings_isRefusedWith11_namingTheProcess() {
    try (TestMount mount = TestMount.over(source, "--cache-size=3G", "--cache-dir=" + cache)) {
      refused(11, "in use by process " + mount.daemon().pid());
    }
  }

  @Test
  void aDamagedIndex_isBegunAnew() throws IOException {
    Files.writeString(source.resolve("file"), "content");
    try (TestMount mount = TestMount.over(source, "--cache-dir=" + cache)) {
      assertThat(mount.run(LIMIT, "cat file")).isEqualTo("content");
    }
    byte[] damage = new byte[65536];
    Arrays.fill(damage, (byte) 0x5a);
    Files.write(cache.resolve("index/data.mdb"), damage);
    try (TestMount mount = TestMount.over(source, "--cache-dir=" + cache)) {
      assertThat(mount.run(LIMIT, "cat file")).isEqualTo("content");
      try (ChildProcess status =
          ChildProcess.java(Main.class, "status", "--json", mount.mountPoint().toString())) {
        assertThat(status.awaitExit(LIMIT)).isZero();
        assertThat(String.join("", status.output()))
            .containsPattern("\"rebuilt\"\\s*:\\s*\"")
            .doesNotContainPattern("\"rebuilt\"\\s*:\\s*null");
      }
    }
  }
}
