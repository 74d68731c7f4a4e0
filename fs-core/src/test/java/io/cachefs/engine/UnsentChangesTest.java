package io.cachefs.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cachefs.engine.admin.FlushJob;
import io.cachefs.engine.admin.WriteBackAdmin;
import io.cachefs.engine.check.CheckJob;
import io.cachefs.engine.check.CheckReport;
import io.cachefs.engine.check.Finding;
import io.cachefs.engine.check.IdleCache;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.engine.config.CacheSettings;
import io.cachefs.engine.config.CacheSettings.WriteBackCare;
import io.cachefs.engine.config.CacheSettings.Writing;
import io.cachefs.engine.config.WriteMode;
import io.cachefs.testing.posix.Flags;
import io.cachefs.testing.process.Require;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Changes that are in a cache alone outlive what happens to the cache, or are at least named. */
class UnsentChangesTest {
  private static final String MARK = "these bytes are in the journal alone";

  @TempDir Path source;
  @TempDir Path other;
  @TempDir Path directory;

  @BeforeEach
  void requireRoot() {
    Require.root();
  }

  private Path cache() {
    return directory.resolve("c");
  }

  private CacheFs open(Path from) throws Exception {
    WriteBackCare care =
        new WriteBackCare(Duration.ofHours(1), Duration.ofHours(1), false, /* offline= */ true);
    Writing writing = new Writing(WriteMode.WRITE_BACK, List.of(), care);
    return CacheFs.open(CacheFsConfig.of(from).withCache(CacheSettings.of(cache()).with(writing)));
  }

  private static WriteBackAdmin admin(CacheFs cacheFs) {
    return Objects.requireNonNull(cacheFs.writeBackAdmin());
  }

  private static void write(VfsFiles files, String path, String content) {
    files.create(0, path, Flags.O_WRONLY | Flags.O_TRUNC, 0644);
    assertThat(files.write(0, 0, content)).isEqualTo(content.length());
    files.close(0);
  }

  /** Leaves changes of each kind in the journal. */
  private void change() throws Exception {
    Files.writeString(source.resolve("part"), "0123456789");
    Files.writeString(source.resolve("gone"), "gone");
    Files.writeString(source.resolve("was"), "was");
    try (CacheFs cacheFs = open(source);
        VfsFiles files = new VfsFiles(cacheFs.vfs())) {
      files.mkdir("d", 0755);
      write(files, "d/new", MARK);
      files.symlink("new", "d/link");
      files.open(0, "part", Flags.O_RDWR);
      assertThat(files.write(0, 3, "abc")).isEqualTo(3);
      files.close(0);
      files.unlink("gone");
      files.rename("was", "is", 0);
    }
  }

  private static Map<String, String> tree(Path root) throws IOException {
    Map<String, String> tree = new TreeMap<>();
    try (Stream<Path> all = Files.walk(root)) {
      for (Path path : all.filter(Files::isRegularFile).toList()) {
        tree.put(root.relativize(path).toString(), Files.readString(path));
      }
    }
    return tree;
  }

  private void assertAllArrives() throws Exception {
    try (CacheFs cacheFs = open(source)) {
      admin(cacheFs).online();
      FlushJob.Outcome outcome =
          admin(cacheFs).flush(List.of(""), TimeUnit.SECONDS.toNanos(30), 10, new FlushJob());
      assertThat(outcome.end()).as(outcome::toString).isEqualTo(FlushJob.End.DONE);
    }
    assertThat(tree(source))
        .isEqualTo(Map.of("d/link", MARK, "d/new", MARK, "part", "012abc6789", "is", "was"));
  }

  private static void assertExported(Path target) throws IOException {
    Map<String, String> tree = tree(target);
    String list = Objects.requireNonNull(tree.remove(UnsentExport.LIST));
    assertThat(tree)
        .isEqualTo(Map.of("d/new", MARK, "d/link", MARK, "part.partial", "\0\0\0abc\0\0\0\0"));
    assertThat(list.lines())
        .containsExactlyInAnyOrder(
            "new directory: d",
            "new: d/new",
            "new link: d/link",
            "changed in part: part.partial, ours are 3+3",
            "removed: gone",
            "renamed: was to is");
  }

  @Test
  void export_copiesAllWithoutTheSource_andLeavesItInTheCache() throws Exception {
    change();
    Path away = source.resolveSibling("away-" + source.getFileName());
    Files.move(source, away);
    Path target = directory.resolve("saved");
    try {
      assertThat(UnsentExport.copy(cache(), target)).isEqualTo(6);
    } finally {
      Files.move(away, source);
    }
    assertExported(target);
    assertThatThrownBy(() -> UnsentExport.copy(cache(), target)).hasMessageContaining("not empty");
    assertAllArrives();
    assertThat(UnsentExport.copy(cache(), directory.resolve("again"))).isZero();
    assertThat(directory.resolve("again")).doesNotExist();
  }

  @Test
  void aCacheOfAnotherSource_isRefused_untilItIsReleased() throws Exception {
    change();
    Files.writeString(other.resolve("theirs"), "x");
    assertThatThrownBy(() -> open(other).close())
        .isInstanceOfSatisfying(
            CacheUnusableException.class, e -> assertThat(e.isOfAnother()).isTrue());
    Path target = directory.resolve("saved");
    assertThat(UnsentExport.release(cache(), target)).isEqualTo(6);
    assertExported(target);
    try (CacheFs cacheFs = open(other);
        VfsFiles files = new VfsFiles(cacheFs.vfs())) {
      assertThat(files.list("")).containsExactly("theirs");
      assertThat(admin(cacheFs).dirty(List.of(""), 10).all()).isZero();
      assertThatThrownBy(() -> UnsentExport.release(cache(), directory.resolve("no")))
          .isInstanceOfSatisfying(
              CacheUnusableException.class, e -> assertThat(e.isLocked()).isTrue());
    }
  }

  @Test
  void anIndexThatIsDamagedOrGone_takesNoUnsentChangeWithIt() throws Exception {
    change();
    Path index = cache().resolve("index/data.mdb");
    Files.write(index, new byte[8192], StandardOpenOption.WRITE);
    assertAllArrives();
  }

  // --- fsck ---

  private CheckReport fsck() throws Exception {
    CheckJob job = new CheckJob(false);
    try (IdleCache idle = IdleCache.open(cache(), job, System::nanoTime, InstantSource.system())) {
      idle.check(job);
    }
    return job.report();
  }

  @Test
  void fsck_readsEveryChange_andNamesTheFileOfADamagedOne() throws Exception {
    change();
    CheckReport report = fsck();
    assertThat(report.findings()).isEmpty();
    assertThat(report.changes()).isGreaterThan(8);
    damage();
    List<Finding> findings = fsck().findings();
    assertThat(findings)
        .containsExactly(
            new Finding(
                Finding.Kind.JOURNAL,
                "d/new",
                MARK.length() + " bytes of a change are not what was written",
                false));
    try (CacheFs cacheFs = open(source)) {
      CheckJob job = new CheckJob(false);
      Objects.requireNonNull(cacheFs.check()).run(job);
      assertThat(job.report().findings().stream().map(Finding::path)).containsExactly("d/new");
    }
  }

  /** Changes one byte of what was written to a file. */
  private void damage() throws IOException {
    try (Stream<Path> files = Files.list(cache().resolve("journal"))) {
      for (Path file : files.toList()) {
        byte[] bytes = Files.readAllBytes(file);
        int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf(MARK);
        if (at >= 0) {
          bytes[at] ^= 1;
          Files.write(file, bytes);
          return;
        }
      }
    }
    throw new AssertionError("the bytes are not in the journal");
  }
}
