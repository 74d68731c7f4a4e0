package io.cachefs.cli.mounted;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.cli.Main;
import io.cachefs.testing.process.ChildProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The commands for a running cache, on real directories. */
@Timeout(180)
class CacheIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private static String expect(int exitCode, String... args) {
    try (ChildProcess process = ChildProcess.java(Main.class, args)) {
      int code = process.awaitExit(LIMIT);
      String output = String.join("\n", process.output());
      assertThat(code).as(output).isEqualTo(exitCode);
      return output;
    }
  }

  private static void fill(Path source) throws IOException {
    Path tree = Files.createDirectories(source.resolve("tree/deep"));
    for (int i = 0; i < 20; i++) {
      Files.writeString(tree.resolve("file" + i), "content " + i + " ".repeat(i * 1000));
    }
    // What is fetched within two seconds of its change may have changed again unseen.
    TestMount.runIn(source, LIMIT, "sleep 2.5");
  }

  @Test
  void warmFillsTheCache_explainSaysSo_evictEmptiesIt() throws IOException {
    try (TestMount mount = TestMount.open("--consistency=exclusive")) {
      fill(mount.source());
      Path file = mount.mountPoint().resolve("tree/deep/file19");
      assertThat(expect(0, "explain", file.toString())).contains("nothing is cached");
      assertThat(expect(0, "warm", mount.mountPoint().resolve("tree").toString()))
          .contains("warmed 20 files");
      assertThat(expect(0, "explain", file.toString())).contains("all of it, in a blob");
      assertThat(expect(0, "explain", mount.mountPoint().resolve("tree/deep/file0").toString()))
          .contains("all of it, in the index");
      assertThat(expect(0, "pin", file.toString())).contains("pinned 1 files");
      assertThat(expect(0, "explain", file.toString())).contains("pinned");
      assertThat(expect(0, "evict", mount.mountPoint().resolve("tree").toString()))
          .contains("evicted 19 files", "1 left out");
      assertThat(expect(0, "unpin", file.toString())).contains("unpinned 1 files");
      assertThat(expect(0, "evict", file.toString())).contains("evicted 1 files");
      assertThat(expect(0, "explain", file.toString())).contains("nothing is cached");
      assertThat(mount.run(LIMIT, "cat tree/deep/file3")).startsWith("content 3");
    }
  }

  @Test
  void whatIsWarm_isServedWithoutTheSource() throws IOException {
    try (TestMount mount = TestMount.open("--consistency=exclusive", "--no-watch")) {
      fill(mount.source());
      assertThat(expect(0, "warm", mount.mountPoint().toString())).contains("warmed 20 files");
      Files.move(mount.source().resolve("tree"), mount.source().resolve("elsewhere"));
      assertThat(mount.run(LIMIT, "cat tree/deep/file7")).startsWith("content 7");
      Files.move(mount.source().resolve("elsewhere"), mount.source().resolve("tree"));
    }
  }

  @Test
  void aPathThatIsNotThere_isListedAndGivesItsOwnExitCode() {
    try (TestMount mount = TestMount.open()) {
      assertThat(expect(12, "warm", mount.mountPoint().resolve("no").toString()))
          .contains("no: no such file");
      assertThat(expect(7, "warm", "/proc")).contains("lies in no mount");
    }
  }

  @Test
  void withoutACache_thatIsSaid() {
    try (TestMount mount = TestMount.open("--no-cache")) {
      assertThat(expect(1, "warm", mount.mountPoint().toString())).contains("has no cache");
    }
  }

  @Test
  void fsck_ofARunningMount_findsDamageAndRepairsIt() throws IOException {
    try (TestMount mount = TestMount.open("--inline-max=0", "--no-passthrough")) {
      fill(mount.source());
      String where = mount.mountPoint().toString();
      String warmed = expect(0, "warm", where);
      assertThat(warmed).contains("warmed 20 files");
      assertThat(expect(0, "fsck", where)).contains("nothing found");
      mount.run(LIMIT, "printf x | dd of=$(find ../cache/blobs -type f | head -1) conv=notrunc");
      // The scrubber of the mount may be first with any of it, which its counter of damage shows.
      String scrubbed = "nothing found";
      try (ChildProcess fsck = ChildProcess.java(Main.class, "fsck", where)) {
        int code = fsck.awaitExit(LIMIT);
        String found = String.join("\n", fsck.output());
        assertThat(found).as("exit code %d", code).containsAnyOf("1 found, 0 repaired", scrubbed);
        assertThat(code).as(found).isEqualTo(found.contains(scrubbed) ? 0 : 13);
      }
      // By the directory, which the daemon holds.
      String cache = mount.mountPoint().resolveSibling("cache").toString();
      String repaired = expect(0, "fsck", "--repair", cache);
      assertThat(repaired).containsAnyOf("1 found, 1 repaired", scrubbed);
      if (repaired.contains(scrubbed)) {
        assertThat(expect(0, "status", "--json", where)).containsPattern("\"damaged\": ?[1-9]");
      }
      assertThat(expect(0, "fsck", "--json", where)).contains("\"found\": 0");
      assertThat(mount.run(LIMIT, "cat tree/deep/file7")).startsWith("content 7");
    }
  }

  @Test
  void all_isBoundedByThePath() throws IOException {
    try (TestMount mount = TestMount.open()) {
      fill(mount.source());
      String where = mount.mountPoint().toString();
      assertThat(expect(0, "warm", where)).contains("warmed 20 files");
      String one = mount.mountPoint().resolve("tree/deep/file7").toString();
      assertThat(expect(0, "evict", "--all", one)).contains("evicted 1 files");
      assertThat(expect(0, "invalidate", "--all", one)).contains("invalidated 1 files");
      assertThat(expect(0, "evict", "--all", where)).contains("evicted 19 files");
    }
  }
}
