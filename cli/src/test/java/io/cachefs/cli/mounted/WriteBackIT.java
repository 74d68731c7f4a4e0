package io.cachefs.cli.mounted;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.cli.Main;
import io.cachefs.testing.process.ChildProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The commands for what is not at the source yet, on real mounts. */
@Timeout(180)
class WriteBackIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir Path directory;

  private static String expect(int exitCode, String... args) {
    try (ChildProcess process = ChildProcess.java(Main.class, args)) {
      int code = process.awaitExit(LIMIT);
      String output = String.join("\n", process.output());
      assertThat(code).as(output).isEqualTo(exitCode);
      return output;
    }
  }

  private TestMount mount() throws IOException {
    Path source = Files.createDirectories(directory.resolve("source"));
    return TestMount.over(source, "--mode=write-back", "--cache-dir=" + directory.resolve("cache"));
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void whatWaits_isListedFlushedAndToldAtTheEndAndTheBeginningOfAMount() throws IOException {
    try (TestMount mount = mount()) {
      String where = mount.mountPoint().toString();
      assertThat(expect(0, "dirty", where)).contains("all is at the source");
      assertThat(expect(0, "offline", where)).contains("is offline");
      mount.run(LIMIT, "mkdir d; printf 12345 > d/a; printf b > b");
      assertThat(expect(0, "dirty", where)).contains("new ", "5 B  " + where + "/d/a");
      assertThat(expect(0, "dirty", "--json", where + "/d"))
          .contains("\"path\": \"" + where + "/d/a\"", "\"kind\": \"make\"")
          .doesNotContain("/b\"");
      assertThat(expect(0, "status", where)).contains("write-back   offline", "of 3 files wait");
      assertThat(expect(0, "status", "--json", where)).contains("\"state\": \"offline\"");
      assertThat(expect(14, "flush", "--all", where)).contains("not sent: " + where + "/d/a (new)");
      assertThat(expect(14, "umount", "--flush", where)).contains("see 'cachefs online'");
      assertThat(mount.run(LIMIT, "cat d/a")).isEqualTo("12345");
      assertThat(names(mount.source())).isEmpty();
      expect(0, "online", where);
      assertThat(expect(0, "flush", where + "/d/a")).contains("all is at the source");
      assertThat(mount.source().resolve("d/a")).hasContent("12345");
      expect(0, "offline", where);
      mount.run(LIMIT, "printf more >> d/a");
      assertThat(expect(0, "umount", where)).contains("kept in the journal");
    }
    try (TestMount mount = mount()) {
      assertThat(mount.daemon().output()).anyMatch(line -> line.contains("wait to be sent"));
      assertThat(expect(0, "umount", "--flush", mount.mountPoint().toString())).isEmpty();
      assertThat(mount.source().resolve("d/a")).hasContent("12345more");
      assertThat(names(mount.source())).containsExactly("b", "d");
    }
  }

  @Test
  void aFileChangedOnBothSides_isReadableInBothVersionsEverywhere_untilOneIsChosen()
      throws IOException {
    Path file = Files.createDirectories(directory.resolve("source")).resolve("f");
    Files.writeString(file, "first");
    try (TestMount mount = mount()) {
      String where = mount.mountPoint().toString();
      expect(0, "offline", where);
      mount.run(LIMIT, "printf ours > f");
      Files.writeString(file, "theirs, longer");
      expect(0, "online", where);
      expect(0, "flush", where);
      assertThat(mount.run(LIMIT, "cat f; echo; cat f.conflict-*"))
          .isEqualTo("theirs, longer\nours");
      assertThat(TestMount.runIn(mount.source(), LIMIT, "cat f; echo; cat f.conflict-*"))
          .isEqualTo("theirs, longer\nours");
      assertThat(expect(0, "conflicts", where))
          .contains(where + "/f\n", "ours         4 bytes", "theirs       14 bytes");
      assertThat(expect(0, "umount", "--flush", where)).isEmpty();
    }
    try (TestMount mount = mount()) {
      String where = mount.mountPoint().toString();
      assertThat(mount.daemon().output()).anyMatch(line -> line.contains("not resolved"));
      assertThat(expect(0, "conflicts", "--json", where)).contains("\"keptPath\": \"" + where);
      assertThat(expect(12, "conflicts", "--keep", "ours", where + "/g"))
          .contains("there is no conflict");
      assertThat(expect(0, "conflicts", "--keep", "ours", where + "/f"))
          .contains("resolved 1 conflict");
      assertThat(mount.run(LIMIT, "ls; cat f")).isEqualTo("f\nours");
      expect(0, "flush", "--all", where);
      assertThat(names(mount.source())).containsExactly("f");
      assertThat(file).hasContent("ours");
      assertThat(expect(0, "conflicts", where)).contains("there are no conflicts");
    }
  }

  @Test
  void aCacheOfAnotherSource_isTakenByForceOnly_afterWhatWaitsInItWasSaved() throws IOException {
    String cache = directory.resolve("cache").toString();
    try (TestMount mount = mount()) {
      expect(0, "offline", mount.mountPoint().toString());
      mount.run(LIMIT, "mkdir d; printf new > d/a");
      assertThat(expect(0, "fsck", mount.mountPoint().toString())).contains("nothing found");
    }
    assertThat(expect(0, "fsck", cache)).contains("nothing found").doesNotContain(" 0 unsent");
    Path saved = directory.resolve("saved");
    assertThat(expect(0, "export", cache, saved.toString())).contains("2 changes are copied");
    assertThat(saved.resolve("d/a")).hasContent("new");
    Path other = Files.createDirectory(directory.resolve("other"));
    Path place = Files.createDirectory(directory.resolve("place"));
    String refusal =
        expect(
            10,
            "mount",
            "--foreground",
            "--cache-dir=" + cache,
            other.toString(),
            place.toString());
    assertThat(refusal).contains("or take it with --force");
    try (TestMount mount = TestMount.over(other, "--cache-dir=" + cache, "--force")) {
      assertThat(mount.daemon().output())
          .anyMatch(line -> line.contains("not at its source are in"));
      assertThat(mount.run(LIMIT, "ls")).isEmpty();
    }
    String exported =
        names(directory).stream().filter(name -> name.contains("exported")).findAny().orElseThrow();
    assertThat(directory.resolve(exported).resolve("d/a")).hasContent("new");
  }

  @Test
  void aMountThatDoesNotWriteBack_saysSo() {
    try (TestMount mount = TestMount.open()) {
      String where = mount.mountPoint().toString();
      for (String command : List.of("dirty", "flush", "conflicts", "offline", "online")) {
        assertThat(expect(15, command, where)).contains("does not write back");
      }
      assertThat(expect(2, "conflicts", "--keep=mine", where)).contains("is not one of ours");
      assertThat(expect(0, "umount", "--flush", where)).isEmpty();
    }
  }
}
