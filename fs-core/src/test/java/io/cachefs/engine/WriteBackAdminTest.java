package io.cachefs.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.cachefs.engine.admin.ConflictAdmin.Keep;
import io.cachefs.engine.admin.ConflictEntry;
import io.cachefs.engine.admin.DirtyEntry;
import io.cachefs.engine.admin.FlushJob;
import io.cachefs.engine.admin.FlushJob.End;
import io.cachefs.engine.admin.Job;
import io.cachefs.engine.admin.WriteBackAdmin;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.engine.config.CacheSettings;
import io.cachefs.engine.config.CacheSettings.OnConflict;
import io.cachefs.engine.config.CacheSettings.WriteBackCare;
import io.cachefs.engine.config.CacheSettings.Writing;
import io.cachefs.engine.config.WriteMode;
import io.cachefs.source.posix.PosixSource;
import io.cachefs.sys.LinuxFileCalls;
import io.cachefs.testing.posix.Flags;
import io.cachefs.testing.process.Require;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What users ask of changes that are not at the source yet. */
class WriteBackAdminTest {
  private static final long LIMIT = TimeUnit.SECONDS.toNanos(30);
  private static final List<String> ALL = List.of("");

  @TempDir Path source;
  @TempDir Path cache;

  @BeforeEach
  void requireRoot() {
    Require.root();
  }

  private CacheFs open(OnConflict policy) throws Exception {
    WriteBackCare care =
        new WriteBackCare(
            Duration.ofHours(1),
            Duration.ofHours(1),
            false,
            false,
            policy,
            2,
            WriteBackCare.DEFAULT.dirty());
    Writing writing = new Writing(WriteMode.WRITE_BACK, List.of(), care);
    return CacheFs.open(
        CacheFsConfig.of(source).withCache(CacheSettings.of(cache.resolve("c")).with(writing)));
  }

  private static WriteBackAdmin admin(CacheFs cacheFs) {
    return Objects.requireNonNull(cacheFs.writeBackAdmin());
  }

  private static void write(VfsFiles files, String path, String content) {
    files.create(0, path, Flags.O_WRONLY | Flags.O_TRUNC, 0644);
    assertThat(files.write(0, 0, content)).isEqualTo(content.length());
    files.close(0);
  }

  private static FlushJob.Outcome flush(CacheFs cacheFs, String... paths)
      throws InterruptedException {
    return admin(cacheFs).flush(List.of(paths), LIMIT, 100, new FlushJob());
  }

  private static List<String> dirty(CacheFs cacheFs, String... paths) {
    return admin(cacheFs).dirty(List.of(paths), 100).entries().stream()
        .filter(entry -> !entry.kind().equals("times"))
        .map(entry -> entry.kind() + " " + entry.path())
        .toList();
  }

  private Map<String, String> tree() throws IOException {
    Map<String, String> tree = new TreeMap<>();
    try (Stream<Path> all = Files.walk(source)) {
      for (Path path : all.filter(Files::isRegularFile).toList()) {
        String name = source.relativize(path).toString();
        tree.put(name.replaceAll("conflict-.*", "conflict"), Files.readString(path));
      }
    }
    return tree;
  }

  @Test
  void whatWaits_isListedAndFlushedByPath() throws Exception {
    Files.writeString(source.resolve("old"), "old");
    Files.writeString(source.resolve("gone"), "gone");
    Files.writeString(source.resolve("was"), "was");
    try (CacheFs cacheFs = open(OnConflict.KEEP_BOTH);
        VfsFiles files = new VfsFiles(cacheFs.vfs())) {
      files.mkdir("d", 0755);
      write(files, "d/a", "aaa");
      write(files, "d/b", "b");
      write(files, "dd", "other");
      write(files, "old", "new content");
      files.unlink("gone");
      assertThat(dirty(cacheFs, ""))
          .containsExactly(
              "make d", "make d/a", "make d/b", "make dd", "content old", "remove gone");
      assertThat(dirty(cacheFs, "d")).containsExactly("make d", "make d/a", "make d/b");
      DirtyEntry first = admin(cacheFs).dirty(List.of("d/a"), 1).entries().get(0);
      assertThat(first.size()).isEqualTo(3);
      assertThat(first.trouble()).isNull();
      assertThat(Duration.between(first.since(), Instant.now())).isLessThan(Duration.ofMinutes(1));
      assertThat(admin(cacheFs).status().state()).isEqualTo("sending");
      assertThat(admin(cacheFs).status().files()).isEqualTo(5);
      assertThat(admin(cacheFs).status().bytes()).isEqualTo(20);
      assertThat(admin(cacheFs).status().oldest()).isNotNull();

      assertThat(flush(cacheFs, "d/a").end()).isEqualTo(End.DONE);
      assertThat(tree())
          .isEqualTo(Map.of("d/a", "aaa", "gone", "gone", "old", "old", "was", "was"));
      assertThat(flush(cacheFs, "d").left().all()).isZero();
      assertThat(tree())
          .isEqualTo(Map.of("d/a", "aaa", "d/b", "b", "gone", "gone", "old", "old", "was", "was"));
      files.rename("was", "d/is", 0);
      assertThat(dirty(cacheFs, "d")).containsExactly("rename was");
      assertThat(flush(cacheFs, "no", "d").missing()).containsExactly("no");
      assertThat(flush(cacheFs, "").end()).isEqualTo(End.DONE);
      assertThat(dirty(cacheFs, "")).isEmpty();
      assertThat(tree())
          .isEqualTo(
              Map.of("d/a", "aaa", "d/b", "b", "d/is", "was", "dd", "other", "old", "new content"));
      assertThat(admin(cacheFs).status().state()).isEqualTo("idle");
      assertThat(admin(cacheFs).status().oldest()).isNull();
      assertThat(Objects.requireNonNull(cacheFs.status().cache()).writeBack()).isNotNull();
    }
  }

  @Test
  void offline_nothingIsSent_andAFlushSaysSoAtOnce() throws Exception {
    try (CacheFs cacheFs = open(OnConflict.KEEP_BOTH);
        VfsFiles files = new VfsFiles(cacheFs.vfs())) {
      admin(cacheFs).offline();
      write(files, "a", "a");
      FlushJob.Outcome outcome = flush(cacheFs, "");
      assertThat(outcome.end()).isEqualTo(End.OFFLINE);
      assertThat(outcome.left().entries().get(0).path()).isEqualTo("a");
      assertThat(admin(cacheFs).status().state()).isEqualTo("offline");
      assertThat(tree()).isEmpty();
      admin(cacheFs).online();
      assertThat(flush(cacheFs, "").end()).isEqualTo(End.DONE);
      assertThat(tree()).isEqualTo(Map.of("a", "a"));
    }
  }

  @Test
  void offline_aSourceOfAnotherMachineIsStillRead_andGetsNothing()
      throws Exception, InterruptedException {
    Files.writeString(source.resolve("theirs"), "theirs");
    WriteBackCare care = new WriteBackCare(Duration.ofHours(1), Duration.ofHours(1), false, false);
    Writing writing = new Writing(WriteMode.WRITE_BACK, List.of(), care);
    PosixSource remote = PosixSource.open(new LinuxFileCalls(), source, 64, /* remote= */ true);
    try (CacheFs cacheFs =
            CacheFs.over(
                remote, source.toString(), CacheSettings.of(cache.resolve("c")).with(writing));
        VfsFiles files = new VfsFiles(cacheFs.vfs())) {
      write(files, "first", "1");
      assertThat(files.list("")).containsExactly("first", "theirs");
      admin(cacheFs).offline();
      files.open(1, "theirs", Flags.O_RDONLY);
      assertThat(files.read(1, 0, 10)).isEqualTo("theirs");
      write(files, "second", "2");
      assertThat(admin(cacheFs).status().state()).isEqualTo("offline");
      assertThat(flush(cacheFs, "").end()).isEqualTo(End.OFFLINE);
      assertThat(tree()).isEqualTo(Map.of("theirs", "theirs"));
      admin(cacheFs).online();
      assertThat(flush(cacheFs, "").end()).isEqualTo(End.DONE);
      assertThat(tree()).isEqualTo(Map.of("first", "1", "second", "2", "theirs", "theirs"));
    }
  }

  @Test
  void whatCannotBeSent_isNamedWithItsError_andNotWaitedForForEver() throws Exception {
    Files.createDirectory(source.resolve("d"));
    try (CacheFs cacheFs = open(OnConflict.KEEP_BOTH);
        VfsFiles files = new VfsFiles(cacheFs.vfs())) {
      write(files, "d/a", "a");
      write(files, "b", "b");
      immutable(source.resolve("d"), true);
      try {
        FlushJob.Outcome outcome = flush(cacheFs, "");
        assertThat(outcome.end()).isEqualTo(End.FAILED);
        assertThat(outcome.left().entries().get(0).path()).isEqualTo("d/a");
        DirtyEntry.Trouble trouble =
            Objects.requireNonNull(outcome.left().entries().get(0).trouble());
        assertThat(trouble.reason()).contains("not permitted");
        assertThat(trouble.attempts()).isPositive();
        assertThat(trouble.permanent()).isTrue();
        assertThat(tree()).isEqualTo(Map.of("b", "b"));
      } finally {
        immutable(source.resolve("d"), false);
      }
      assertThat(flush(cacheFs, "").end()).isEqualTo(End.DONE);
      assertThat(tree()).isEqualTo(Map.of("b", "b", "d/a", "a"));
    }
  }

  private static void immutable(Path directory, boolean on)
      throws IOException, InterruptedException {
    Process process = new ProcessBuilder("chattr", on ? "+i" : "-i", directory.toString()).start();
    assumeTrue(process.waitFor() == 0, "the file system knows no immutable files");
  }

  // --- Conflicts ---

  private static ConflictEntry only(CacheFs cacheFs) {
    List<ConflictEntry> list = admin(cacheFs).conflicts().list(ALL);
    assertThat(list).hasSize(1);
    return list.get(0);
  }

  private static void resolve(CacheFs cacheFs, Keep keep, String path) throws InterruptedException {
    Job job = new Job();
    admin(cacheFs).conflicts().resolve(List.of(path), keep, job);
    assertThat(job.outcome().failures()).isEmpty();
    assertThat(admin(cacheFs).conflicts().list(ALL)).isEmpty();
    assertThat(flush(cacheFs, "").end()).isEqualTo(End.DONE);
  }

  private static void theirs(Path file) throws IOException {
    Files.writeString(file, "theirs, longer", StandardOpenOption.CREATE);
  }

  @ParameterizedTest
  @EnumSource(Keep.class)
  void changedOnBothSides_bothAreKept_alsoOverARestart_andOneIsChosen(Keep keep) throws Exception {
    Files.writeString(source.resolve("f"), "first");
    try (CacheFs cacheFs = open(OnConflict.KEEP_BOTH);
        VfsFiles files = new VfsFiles(cacheFs.vfs())) {
      write(files, "f", "ours");
      theirs(source.resolve("f"));
      assertThat(flush(cacheFs, "").end()).isEqualTo(End.DONE);
      ConflictEntry conflict = only(cacheFs);
      assertThat(conflict.what()).isEqualTo("change");
      assertThat(Objects.requireNonNull(conflict.ours()).size()).isEqualTo(4);
      assertThat(Objects.requireNonNull(conflict.theirs()).size()).isEqualTo(14);
      files.open(1, "f", Flags.O_RDONLY);
      assertThat(files.read(1, 0, 100)).isEqualTo("theirs, longer");
      files.open(2, Objects.requireNonNull(conflict.keptPath()), Flags.O_RDONLY);
      assertThat(files.read(2, 0, 100)).isEqualTo("ours");
    }
    try (CacheFs cacheFs = open(OnConflict.KEEP_BOTH)) {
      assertThat(only(cacheFs).path()).isEqualTo("f");
      assertThat(tree()).isEqualTo(Map.of("f", "theirs, longer", "f.conflict", "ours"));
      resolve(cacheFs, keep, "f");
      assertThat(tree())
          .isEqualTo(
              switch (keep) {
                case OURS -> Map.of("f", "ours");
                case THEIRS -> Map.of("f", "theirs, longer");
                case BOTH -> Map.of("f", "theirs, longer", "f.conflict", "ours");
              });
    }
    try (CacheFs cacheFs = open(OnConflict.KEEP_BOTH)) {
      assertThat(admin(cacheFs).conflicts().list(ALL)).isEmpty();
    }
  }

  @Test
  void laterChangesOfAFileInConflict_doNotGoIntoTheVersionOfOthers() throws Exception {
    Files.writeString(source.resolve("f"), "first");
    try (CacheFs cacheFs = open(OnConflict.KEEP_BOTH);
        VfsFiles files = new VfsFiles(cacheFs.vfs())) {
      files.open(0, "f", Flags.O_RDWR);
      assertThat(files.write(0, 0, "OURS")).isEqualTo(4);
      files.sync(0);
      files.mkdir("d", 0755);
      // After the synced part, and after something else: a layer of its own.
      files.mkdir("e", 0755);
      assertThat(files.write(0, 4, "MORE")).isEqualTo(4);
      theirs(source.resolve("f"));
      files.close(0);
      assertThat(flush(cacheFs, "").end()).isEqualTo(End.DONE);
      assertThat(tree().get("f")).isEqualTo("theirs, longer");
      List<ConflictEntry> list = admin(cacheFs).conflicts().list(ALL);
      assertThat(list).hasSize(2);
      String first = Objects.requireNonNull(list.get(0).keptPath());
      String second = Objects.requireNonNull(list.get(1).keptPath());
      assertThat(Files.readString(source.resolve(first))).isEqualTo("OURSr");
      assertThat(Files.readString(source.resolve(second))).contains("MORE");
    }
  }

  @Test
  void aFileThatOthersChangeAfterAFailedAttempt_isAConflictToo() throws Exception {
    Path file = Files.writeString(source.resolve("f"), "first");
    try (CacheFs cacheFs = open(OnConflict.KEEP_BOTH);
        VfsFiles files = new VfsFiles(cacheFs.vfs())) {
      write(files, "f", "ours");
      immutable(file, true);
      try {
        assertThat(flush(cacheFs, "").end()).isEqualTo(End.FAILED);
      } finally {
        immutable(file, false);
      }
      theirs(file);
      assertThat(flush(cacheFs, "").end()).isEqualTo(End.DONE);
      assertThat(tree()).isEqualTo(Map.of("f", "theirs, longer", "f.conflict", "ours"));
    }
  }

  @Test
  void anFsyncThatWaitsForTheSource_returnsWhenTheFileIsThere() throws Exception {
    WriteBackCare standard = WriteBackCare.DEFAULT;
    WriteBackCare care =
        new WriteBackCare(
            Duration.ofHours(1),
            Duration.ofHours(1),
            true,
            false,
            OnConflict.KEEP_BOTH,
            2,
            standard.dirty());
    Writing writing = new Writing(WriteMode.WRITE_BACK, List.of(), care);
    CacheSettings settings = CacheSettings.of(cache.resolve("c")).with(writing);
    try (CacheFs cacheFs = CacheFs.open(CacheFsConfig.of(source).withCache(settings));
        VfsFiles files = new VfsFiles(cacheFs.vfs())) {
      files.mkdir("d", 0755);
      files.create(0, "d/f", Flags.O_WRONLY, 0644);
      assertThat(files.write(0, 0, "synced")).isEqualTo(6);
      assertThat(tree()).isEmpty();
      files.sync(0);
      assertThat(tree()).isEqualTo(Map.of("d/f", "synced"));
      assertThat(files.write(0, 6, " later")).isEqualTo(6);
      files.sync(0);
      assertThat(tree()).isEqualTo(Map.of("d/f", "synced later"));
      files.close(0);
    }
  }

  @ParameterizedTest
  @EnumSource(Keep.class)
  void madeOnBothSides(Keep keep) throws Exception {
    try (CacheFs cacheFs = open(OnConflict.KEEP_BOTH);
        VfsFiles files = new VfsFiles(cacheFs.vfs())) {
      write(files, "f", "ours");
      theirs(source.resolve("f"));
      assertThat(flush(cacheFs, "").end()).isEqualTo(End.DONE);
      assertThat(only(cacheFs).what()).isEqualTo("make");
      assertThat(tree()).isEqualTo(Map.of("f", "theirs, longer", "f.conflict", "ours"));
      resolve(cacheFs, keep, Objects.requireNonNull(only(cacheFs).keptPath()));
      assertThat(tree())
          .isEqualTo(
              switch (keep) {
                case OURS -> Map.of("f", "ours");
                case THEIRS -> Map.of("f", "theirs, longer");
                case BOTH -> Map.of("f", "theirs, longer", "f.conflict", "ours");
              });
    }
  }

  @ParameterizedTest
  @EnumSource(Keep.class)
  void deletedHereAndChangedThere(Keep keep) throws Exception {
    Files.writeString(source.resolve("f"), "first");
    try (CacheFs cacheFs = open(OnConflict.KEEP_BOTH);
        VfsFiles files = new VfsFiles(cacheFs.vfs())) {
      files.unlink("f");
      theirs(source.resolve("f"));
      FlushJob.Outcome outcome = flush(cacheFs, "f");
      assertThat(outcome.end()).isEqualTo(End.DONE);
      assertThat(outcome.missing()).isEmpty();
      assertThat(only(cacheFs).givenUp()).isTrue();
      assertThat(files.stat("f").size()).isEqualTo(14);
      resolve(cacheFs, keep, "f");
      assertThat(tree()).isEqualTo(keep == Keep.OURS ? Map.of() : Map.of("f", "theirs, longer"));
    }
  }

  @ParameterizedTest
  @EnumSource(Keep.class)
  void changedHereAndDeletedThere(Keep keep) throws Exception {
    Files.writeString(source.resolve("f"), "first");
    try (CacheFs cacheFs = open(OnConflict.KEEP_BOTH);
        VfsFiles files = new VfsFiles(cacheFs.vfs())) {
      write(files, "f", "ours");
      Files.delete(source.resolve("f"));
      assertThat(flush(cacheFs, "").end()).isEqualTo(End.DONE);
      assertThat(tree()).isEqualTo(Map.of("f.conflict", "ours"));
      assertThat(only(cacheFs).theirs()).isNull();
      resolve(cacheFs, keep, "f");
      assertThat(tree())
          .isEqualTo(
              switch (keep) {
                case OURS -> Map.of("f", "ours");
                case THEIRS -> Map.of();
                case BOTH -> Map.of("f.conflict", "ours");
              });
    }
  }

  @ParameterizedTest
  @EnumSource(Keep.class)
  void renamedToANameThatCameThere(Keep keep) throws Exception {
    Files.createDirectory(source.resolve("d"));
    Files.writeString(source.resolve("f"), "ours");
    try (CacheFs cacheFs = open(OnConflict.KEEP_BOTH);
        VfsFiles files = new VfsFiles(cacheFs.vfs())) {
      files.rename("f", "d/g", 0);
      theirs(source.resolve("d/g"));
      assertThat(flush(cacheFs, "").end()).isEqualTo(End.DONE);
      assertThat(only(cacheFs).from()).isEqualTo("f");
      assertThat(tree()).isEqualTo(Map.of("d/g", "theirs, longer", "d/g.conflict", "ours"));
      resolve(cacheFs, keep, "d/g");
      assertThat(tree())
          .isEqualTo(
              switch (keep) {
                case OURS -> Map.of("d/g", "ours");
                case THEIRS -> Map.of("d/g", "theirs, longer", "f", "ours");
                case BOTH -> Map.of("d/g", "theirs, longer", "d/g.conflict", "ours");
              });
    }
  }

  @Test
  void whatWasDecidedByThePolicy_cannotBeDecidedOtherwiseLater() throws Exception {
    Files.writeString(source.resolve("f"), "first");
    try (CacheFs cacheFs = open(OnConflict.THEIRS);
        VfsFiles files = new VfsFiles(cacheFs.vfs())) {
      write(files, "f", "ours");
      theirs(source.resolve("f"));
      assertThat(flush(cacheFs, "").end()).isEqualTo(End.DONE);
      assertThat(tree()).isEqualTo(Map.of("f", "theirs, longer"));
      Job job = new Job();
      admin(cacheFs).conflicts().resolve(ALL, Keep.OURS, job);
      assertThat(job.outcome().failures().get(0).reason()).contains("was given up");
      assertThat(only(cacheFs).givenUp()).isTrue();
      resolve(cacheFs, Keep.THEIRS, "");
      assertThat(tree()).isEqualTo(Map.of("f", "theirs, longer"));
    }
  }
}
