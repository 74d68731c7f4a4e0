package io.cachefs.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.engine.config.CacheSettings;
import io.cachefs.engine.config.CacheSettings.Lifetimes;
import io.cachefs.testing.concurrent.Parallel;
import io.cachefs.testing.process.OpenDescriptors;
import io.cachefs.testing.random.Seeds;
import io.cachefs.vfs.Entry;
import io.cachefs.vfs.Vfs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Others change files of the source all the time. Every byte read is of a version that was there
 * when it was read, or as long before as the manner of asking allows; a file that is only ever
 * replaced as a whole is never read as a mix of two.
 */
@ExtendWith(Seeds.class)
@Timeout(120)
class VersionHistoryTest {
  private static final Duration LIFETIME = Duration.ofMillis(100);

  /** What a thread of a busy machine may take between asking the source and noting when. */
  private static final Duration SLACK = Duration.ofMillis(300);

  private static final int FILES = 6;
  private static final int READERS = 4;

  @TempDir Path directory;

  private CacheFsConfig config(Engine engine, Path source) {
    CacheFsConfig plain = CacheFsConfig.of(source);
    if (engine == Engine.BARE) {
      return plain;
    }
    CacheSettings settings = engine.settings(directory.resolve("cache"));
    return plain.withCache(settings.with(Lifetimes.all(LIFETIME)));
  }

  private static long oldest(Engine engine) {
    return engine.name().matches(Engine.AT_ONCE) ? 0 : LIFETIME.plus(SLACK).toNanos();
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"EXCLUSIVE", "NO_MEMORY"})
  void readers_whileFilesAreReplacedAsAWhole_seeOneVersionEach(Engine engine) throws Exception {
    read(engine, true);
  }

  @ParameterizedTest
  @EnumSource(names = {"BARE", "STRICT", "CLOSE_TO_OPEN", "TTL", "TINY"})
  void readers_whileFilesChangeInPlace_seeNothingThatWasNotThere(Engine engine) throws Exception {
    read(engine, false);
  }

  private void read(Engine engine, boolean atomicOnly) throws Exception {
    Path source = Files.createDirectory(directory.resolve("source"));
    Path aside = Files.createDirectory(directory.resolve("aside"));
    AtomicBoolean done = new AtomicBoolean();
    try (SourceWriter writer =
            new SourceWriter(source, aside, FILES, Seeds.random("changes " + engine));
        CacheFs cacheFs = CacheFs.open(config(engine, source))) {
      new Parallel()
          .add(
              () -> {
                Random random = Seeds.random("pauses");
                try {
                  for (int i = 0; i < 60; i++) {
                    String unused = writer.change(atomicOnly);
                    Thread.sleep(random.nextInt(20));
                  }
                } finally {
                  done.set(true);
                }
              })
          .add(
              READERS,
              number -> {
                Reader reader = new Reader(cacheFs.vfs());
                Random random = Seeds.random("reader " + number);
                while (!done.get()) {
                  check(reader, writer, random.nextInt(FILES), oldest(engine), atomicOnly);
                }
              })
          .run();
      assertThat(cacheFs.status().inodes()).isEqualTo(1);
      assertThat(cacheFs.status().openHandles()).isZero();
    }
    assertThat(OpenDescriptors.under(directory)).isEmpty();
  }

  private static void check(
      Reader reader, SourceWriter writer, int file, long oldest, boolean atomicOnly)
      throws FsException {
    long from = System.nanoTime();
    byte[] read = reader.find(SourceWriter.name(file));
    List<byte @Nullable []> possible =
        writer.history(file).between(from - oldest, System.nanoTime());
    if (read == null) {
      assertThat(possible).as("no %s", SourceWriter.name(file)).contains((byte[]) null);
    } else if (atomicOnly) {
      assertThat(History.isOne(read, possible))
          .as(
              "%s of %d bytes is one of %d versions; %s",
              SourceWriter.name(file), read.length, possible.size(), History.wrong(read, possible))
          .isTrue();
    } else {
      // A file may have been swapped while it was open, and then changed under its other name.
      for (int other = 0; other < FILES; other++) {
        possible.addAll(writer.history(other).between(from - oldest, System.nanoTime()));
      }
      assertThat(History.wrong(read, possible)).as(SourceWriter.name(file)).isNull();
    }
  }

  @ParameterizedTest
  @CsvSource({"BARE", "STRICT", "STRICT_UNWATCHED"})
  void strict_afterAChangeHasReturned_showsIt(Engine engine) throws Exception {
    Path source = Files.createDirectory(directory.resolve("source"));
    Path aside = Files.createDirectory(directory.resolve("aside"));
    Random random = Seeds.random("strict");
    try (SourceWriter writer = new SourceWriter(source, aside, FILES, random)) {
      for (int life = 0; life < 3; life++) {
        try (CacheFs cacheFs = CacheFs.open(config(engine, source))) {
          for (int i = 0; i < 100; i++) {
            readAll(cacheFs.vfs(), writer, life + "/" + i);
            String what = writer.change(false);
            readAll(cacheFs.vfs(), writer, life + "/" + i + " after " + what);
          }
        }
        // Nobody sees what happens now.
        String unused = writer.change(false);
      }
    }
  }

  private static void readAll(Vfs vfs, SourceWriter writer, String when)
      throws FsException, IOException {
    Reader reader = new Reader(vfs);
    for (int file = 0; file < FILES; file++) {
      byte[] expected = writer.history(file).now();
      byte[] read = reader.find(SourceWriter.name(file));
      assertThat(read).as("%s %s", SourceWriter.name(file), when).isEqualTo(expected);
      if (expected != null) {
        Entry entry = vfs.lookup(Vfs.ROOT, Name.of(SourceWriter.name(file)));
        vfs.forget(entry.inodeId(), 1);
        assertThat(entry.attributes().size()).as(when).isEqualTo(expected.length);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"CLOSE_TO_OPEN_UNWATCHED", "TTL"})
  void timeLimit_whenItIsOver_showsTheChange(Engine engine)
      throws FsException, IOException, InterruptedException {
    Path source = Files.createDirectory(directory.resolve("source"));
    Path aside = Files.createDirectory(directory.resolve("aside"));
    try (SourceWriter writer = new SourceWriter(source, aside, FILES, Seeds.random("time"));
        CacheFs cacheFs = CacheFs.open(config(engine, source))) {
      Reader reader = new Reader(cacheFs.vfs());
      for (int i = 0; i < 12; i++) {
        for (int file = 0; file < FILES; file++) {
          byte[] unused = reader.find(SourceWriter.name(file));
        }
        String what = writer.change(false);
        Thread.sleep(LIFETIME.toMillis() + 10);
        readAll(cacheFs.vfs(), writer, what);
      }
    }
  }
}
