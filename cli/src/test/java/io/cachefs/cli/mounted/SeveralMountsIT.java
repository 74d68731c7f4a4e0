package io.cachefs.cli.mounted;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.cli.Main;
import io.cachefs.testing.process.ChildProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One process that serves several mounts of one cache, on real directories. */
@Timeout(180)
class SeveralMountsIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private Path base = Path.of("");
  private Path second = Path.of("");

  @BeforeEach
  void makeMountPoint() throws IOException {
    base = Files.createTempDirectory(Path.of("/var/tmp"), "cachefs-several-");
    second = Files.createDirectory(base.resolve("second"));
  }

  /** A test that failed half-way must not leave its mount to the rest of the suite. */
  @AfterEach
  void removeMountPoint() throws IOException {
    if (isMounted()) {
      TestMount.runIn(Path.of("/"), LIMIT, "umount -l '" + second + "'");
    }
    TestMount.runIn(Path.of("/"), LIMIT, "rm -rf --one-file-system '" + base + "'");
  }

  private boolean isMounted() throws IOException {
    return Files.readString(Path.of("/proc/self/mountinfo")).contains(" " + second + " ");
  }

  private ChildProcess join(TestMount first, String... flags) {
    String[] args = new String[flags.length + 5];
    args[0] = "mount";
    args[1] = "--foreground";
    args[2] = "--cache-dir=" + first.mountPoint().resolveSibling("cache");
    System.arraycopy(flags, 0, args, 3, flags.length);
    args[flags.length + 3] = first.source().toString();
    args[flags.length + 4] = second.toString();
    return ChildProcess.java(Main.class, args);
  }

  private static String expect(int exitCode, String... args) {
    try (ChildProcess process = ChildProcess.java(Main.class, args)) {
      int code = process.awaitExit(LIMIT);
      String output = String.join("\n", process.output());
      assertThat(code).as(output).isEqualTo(exitCode);
      return output;
    }
  }

  /** What is told to a kernel arrives a moment later. */
  private static void await(Path directory, String condition) {
    TestMount.runIn(
        directory,
        LIMIT,
        "for i in $(seq 400); do if " + condition + "; then exit 0; fi; sleep 0.1; done; exit 1");
  }

  @Test
  void changesThroughOne_areSeenInTheOther_whichAsksNobody() throws IOException {
    String[] flags = {"--consistency=exclusive", "--no-watch"};
    try (TestMount first = TestMount.open(flags)) {
      Files.writeString(first.source().resolve("file"), "old");
      Files.writeString(first.source().resolve("leaves"), "x");
      try (ChildProcess joined = join(first, flags)) {
        assertThat(joined.awaitLine("is mounted at", LIMIT))
            .contains("by process " + first.daemon().pid());
        Path one = first.mountPoint();
        // Both kernels know all of it now, and for ever.
        for (Path each : new Path[] {one, second}) {
          TestMount.runIn(each, LIMIT, "cat file leaves; ls -l . >/dev/null; test ! -e new");
        }
        TestMount.runIn(one, LIMIT, "echo 'new and longer' > file; rm leaves; echo n > new");
        await(second, "test \"$(cat file)\" = 'new and longer' && test ! -e leaves && test -e new");
        await(second, "test \"$(ls | tr '\\n' ' ')\" = 'file new '");
        TestMount.runIn(second, LIMIT, "mv new moved; echo back > file");
        await(one, "test \"$(cat file)\" = back && test ! -e new && test \"$(cat moved)\" = n");
        String status = expect(0, "status", second.toString());
        assertThat(status).contains(second.toString(), first.source().toString());
        assertThat(expect(0, "status", one.toString())).contains(one.toString());
        assertThat(expect(0, "status"))
            .contains(one.toString(), second.toString(), "" + first.daemon().pid());
        assertThat(expect(0, "warm", second.toString())).contains("warmed");
        assertThat(expect(0, "umount", second.toString())).isEmpty();
        assertThat(joined.awaitExit(LIMIT)).isZero();
        assertThat(isMounted()).isFalse();
        assertThat(first.run(LIMIT, "cat file")).isEqualTo("back");
      }
    }
  }

  @Test
  void whenTheFirstIsUnmounted_theOtherLives_andTheProcessEndsWithTheLast() throws IOException {
    try (TestMount first = TestMount.open()) {
      Files.writeString(first.source().resolve("file"), "content");
      try (ChildProcess joined = join(first)) {
        var ignored = joined.awaitLine("is mounted at", LIMIT);
        assertThat(expect(0, "umount", first.mountPoint().toString())).isEmpty();
        assertThat(first.daemon().isAlive()).isTrue();
        assertThat(joined.isAlive()).isTrue();
        TestMount.runIn(second, LIMIT, "test \"$(cat file)\" = content; echo more > other");
        assertThat(first.source().resolve("other")).hasContent("more");
        // The first place again, by the process that serves the second.
        try (ChildProcess again =
            ChildProcess.java(
                Main.class,
                "mount",
                "--foreground",
                "--cache-dir=" + first.mountPoint().resolveSibling("cache"),
                first.source().toString(),
                first.mountPoint().toString())) {
          var line = again.awaitLine("is mounted at", LIMIT);
          assertThat(first.run(LIMIT, "cat other")).isEqualTo("more");
          assertThat(expect(0, "umount", first.mountPoint().toString())).isEmpty();
          assertThat(again.awaitExit(LIMIT)).as(line).isZero();
        }
        assertThat(expect(0, "umount", second.toString())).isEmpty();
        assertThat(joined.awaitExit(LIMIT)).isZero();
        assertThat(first.daemon().awaitExit(LIMIT)).isZero();
      }
    }
  }

  @Test
  void aSignalToTheSecondCommand_endsItsMountAlone() throws IOException {
    try (TestMount first = TestMount.open()) {
      try (ChildProcess joined = join(first, "--read-only")) {
        var ignored = joined.awaitLine("is mounted at", LIMIT);
        assertThat(Files.readString(Path.of("/proc/self/mountinfo"))).contains(second + " ro,");
        joined.terminate();
        assertThat(joined.awaitExit(LIMIT)).isZero();
        assertThat(isMounted()).isFalse();
        assertThat(first.run(LIMIT, "echo x > file; cat file")).isEqualTo("x");
      }
    }
  }

  @Test
  void otherSettingsOrAnotherSource_areRefusedWithTheReason() throws IOException {
    try (TestMount first = TestMount.open()) {
      String cache = "--cache-dir=" + first.mountPoint().resolveSibling("cache");
      String who = "process " + first.daemon().pid() + ", which serves " + first.source();
      Path other = Files.createDirectory(base.resolve("other"));
      assertThat(
              expect(
                  11,
                  "mount",
                  "--foreground",
                  cache,
                  "--cache-size=3G",
                  first.source().toString(),
                  second.toString()))
          .contains(who, " at " + first.mountPoint(), "other settings: diskBytes")
          .hasLineCount(1);
      Path below = Files.createDirectory(first.source().resolve("below"));
      for (Path each : new Path[] {other, below}) {
        assertThat(expect(10, "mount", "--foreground", cache, each.toString(), second.toString()))
            .contains("belongs to " + first.source() + " ", "and not to " + each)
            .hasLineCount(1);
      }
      assertThat(isMounted()).isFalse();
    }
  }

  @Test
  void aSignalToTheProcess_endsAllMounts_andClosesTheCache() throws IOException {
    try (TestMount first = TestMount.open()) {
      try (ChildProcess joined = join(first)) {
        var ignored = joined.awaitLine("is mounted at", LIMIT);
        TestMount.runIn(second, LIMIT, "echo x > file; cat file");
        first.daemon().terminate();
        assertThat(first.daemon().awaitExit(LIMIT)).isZero();
        assertThat(joined.awaitExit(LIMIT)).isZero();
        assertThat(isMounted()).isFalse();
        assertThat(first.mountPoint().resolveSibling("cache/index/closed")).exists();
      }
    }
  }

  @Test
  void whenTheProcessIsKilled_bothPlacesAreMountedAgain_byOneProcess() throws IOException {
    Path source = Files.createDirectory(base.resolve("source"));
    Path place = Files.createDirectory(base.resolve("first"));
    Files.writeString(source.resolve("file"), "content");
    String[] one = {"mount", "--foreground", cache(), source.toString(), place.toString()};
    String[] two = {"mount", "--foreground", cache(), source.toString(), second.toString()};
    try (ChildProcess killed = ChildProcess.java(Main.class, one)) {
      var ignored = killed.awaitLine("is mounted at", LIMIT);
      try (ChildProcess joined = ChildProcess.java(Main.class, two)) {
        assertThat(joined.awaitLine("is mounted at", LIMIT)).contains("process " + killed.pid());
        killed.kill();
        assertThat(joined.awaitExit(LIMIT)).isEqualTo(1);
        assertThat(joined.output())
            .anyMatch(line -> line.contains(killed.pid() + ", which served"));
      }
      try (ChildProcess again = ChildProcess.java(Main.class, two)) {
        assertThat(again.awaitLine("is mounted at", LIMIT)).doesNotContain("by process");
        try (ChildProcess joined = ChildProcess.java(Main.class, one)) {
          assertThat(joined.awaitLine("is mounted at", LIMIT)).contains("process " + again.pid());
          TestMount.runIn(second, LIMIT, "test \"$(cat file)\" = content; echo new > other");
          TestMount.runIn(place, LIMIT, "test \"$(cat other)\" = new");
          again.terminate();
          assertThat(joined.awaitExit(LIMIT)).isZero();
          assertThat(again.awaitExit(LIMIT)).isZero();
        }
      }
    } finally {
      TestMount.runIn(Path.of("/"), LIMIT, "umount -l '" + place + "' 2>/dev/null || true");
    }
  }

  @Test
  void twoCommandsAtOnce_areServedByOneProcess() throws IOException {
    Path source = Files.createDirectory(base.resolve("source"));
    Path place = Files.createDirectory(base.resolve("first"));
    String[] one = {"mount", "--foreground", cache(), source.toString(), place.toString()};
    String[] two = {"mount", "--foreground", cache(), source.toString(), second.toString()};
    try (ChildProcess a = ChildProcess.java(Main.class, one);
        ChildProcess b = ChildProcess.java(Main.class, two)) {
      String said = a.awaitLine("is mounted at", LIMIT) + b.awaitLine("is mounted at", LIMIT);
      boolean servedByA = said.contains("by process " + a.pid());
      assertThat(servedByA || said.contains("by process " + b.pid())).as(said).isTrue();
      (servedByA ? a : b).terminate();
      assertThat(a.awaitExit(LIMIT)).isZero();
      assertThat(b.awaitExit(LIMIT)).isZero();
    } finally {
      TestMount.runIn(Path.of("/"), LIMIT, "umount -l '" + place + "' 2>/dev/null || true");
    }
  }

  private String cache() {
    return "--cache-dir=" + base.resolve("cache");
  }

  @Test
  void withoutACache_theSecondMountHasAProcessOfItsOwn() throws IOException {
    try (TestMount first = TestMount.open()) {
      Files.writeString(first.source().resolve("file"), "content");
      try (ChildProcess own =
          ChildProcess.java(
              Main.class,
              "mount",
              "--foreground",
              "--no-cache",
              first.source().toString(),
              second.toString())) {
        assertThat(own.awaitLine("is mounted at", LIMIT)).doesNotContain("by process");
        TestMount.runIn(second, LIMIT, "test \"$(cat file)\" = content");
        assertThat(expect(0, "umount", second.toString())).isEmpty();
        assertThat(own.awaitExit(LIMIT)).isZero();
        assertThat(first.run(LIMIT, "cat file")).isEqualTo("content");
      }
    }
  }
}
