package io.cachefs.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cachefs.base.Caller;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.base.OpenFlags;
import io.cachefs.engine.config.CacheSettings;
import io.cachefs.engine.config.CacheSettings.DirtyLimits;
import io.cachefs.engine.config.CacheSettings.Limits;
import io.cachefs.engine.config.CacheSettings.WriteBackCare;
import io.cachefs.engine.config.CacheSettings.Writing;
import io.cachefs.engine.config.WriteMode;
import io.cachefs.testing.concurrent.Parallel;
import io.cachefs.testing.process.ChildProcess;
import io.cachefs.testing.process.Require;
import io.cachefs.testing.random.Seeds;
import io.cachefs.vfs.CreatedFile;
import io.cachefs.vfs.Vfs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What waits to be sent is part of what a cache may use, and nothing of it is lost for room. */
@ExtendWith(Seeds.class)
@Timeout(120)
class WriteBackLimitsTest {
  private static final long MIB = 1L << 20;
  private static final long CACHE = 16 * MIB;
  private static final int SIZE = 400_000;
  private static final Caller ROOT = new Caller(0, 0, 1, 0);

  @TempDir Path directory;

  private Path source;

  @BeforeEach
  void makeSource() throws IOException {
    source = Files.createDirectory(directory.resolve("source"));
  }

  private CacheSettings settings(boolean offline) {
    return settings(offline, DirtyLimits.DEFAULT);
  }

  private CacheSettings settings(boolean offline, DirtyLimits dirty) {
    return settings(offline, dirty, Limits.DEFAULT.withDiskBytes(CACHE).withMemoryBytes(0));
  }

  private CacheSettings settings(boolean offline, DirtyLimits dirty, Limits limits) {
    WriteBackCare care =
        new WriteBackCare(Duration.ofMillis(1), Duration.ofMillis(5), false, offline).with(dirty);
    return Engine.EXCLUSIVE
        .settings(directory.resolve("cache"))
        .with(limits)
        .with(new Writing(WriteMode.WRITE_BACK, List.of(), care));
  }

  private void makeFiles(int count) throws IOException {
    for (int i = 0; i < count; i++) {
      CachedFiles.make(source, i, SIZE);
    }
  }

  /** Writes a file whose bytes depend on its number. */
  private static void write(Vfs vfs, int number, int size) throws FsException {
    int flags = OpenFlags.CREATE | OpenFlags.READ_WRITE;
    CreatedFile made = vfs.create(ROOT, Vfs.ROOT, Name.of("f" + number), 0644, flags);
    try {
      ByteBuffer bytes = ByteBuffer.allocateDirect(size).put(CachedFiles.bytes(number, size));
      int count = vfs.write(made.file().handle(), 0, bytes.flip(), false);
      assertThat(count).isEqualTo(size);
    } finally {
      vfs.release(made.file().handle());
      vfs.forget(made.entry().inodeId(), 1);
    }
  }

  private static void assertRight(Vfs vfs, int from, int to) throws FsException {
    for (int i = from; i < to; i++) {
      assertThat(CachedFiles.isRight(vfs, i, SIZE)).as("f%d", i).isTrue();
    }
  }

  private static CacheStatus.Disk disk(CacheFs cacheFs) {
    return CachedFiles.status(cacheFs).disk();
  }

  private static void drain(CacheFs cacheFs) throws InterruptedException {
    WriteBackStack writeBack = Objects.requireNonNull(cacheFs.writeBack());
    writeBack.sender().goOnline();
    assertThat(writeBack.sender().drain(TimeUnit.SECONDS.toNanos(60), left -> {})).isZero();
  }

  @Test
  void aFullCache_givesItsRoomToWhatIsWritten_alsoAfterARestart()
      throws Exception, InterruptedException {
    makeFiles(40);
    try (CacheFs cacheFs = CachedFiles.open(source, settings(true))) {
      assertRight(cacheFs.vfs(), 0, 40);
      assertThat(CachedFiles.status(cacheFs).eviction().evicted()).isPositive();
      for (int i = 100; i < 115; i++) {
        write(cacheFs.vfs(), i, SIZE);
        assertThat(disk(cacheFs).usedBytes()).isLessThanOrEqualTo(disk(cacheFs).limitBytes());
      }
      assertRight(cacheFs.vfs(), 100, 115);
    }
    try (CacheFs cacheFs = CachedFiles.open(source, settings(true))) {
      assertThat(disk(cacheFs).usedBytes()).isBetween(15L * SIZE, disk(cacheFs).limitBytes());
      assertRight(cacheFs.vfs(), 0, 40);
      assertThat(disk(cacheFs).usedBytes()).isLessThanOrEqualTo(disk(cacheFs).limitBytes());
      assertRight(cacheFs.vfs(), 100, 115);
      drain(cacheFs);
    }
    for (int i = 100; i < 115; i++) {
      assertThat(Files.readAllBytes(source.resolve("f" + i))).isEqualTo(CachedFiles.bytes(i, SIZE));
    }
  }

  @Test
  void readersAndWritersTogether_neverExceedTheLimit() throws Exception, InterruptedException {
    makeFiles(60);
    AtomicBoolean done = new AtomicBoolean();
    AtomicLong most = new AtomicLong();
    Path cache = directory.resolve("cache");
    try (CacheFs cacheFs = CachedFiles.open(source, settings(false))) {
      Vfs vfs = cacheFs.vfs();
      new Parallel()
          .add(
              () -> {
                while (!done.get()) {
                  CacheStatus.Disk now = disk(cacheFs);
                  assertThat(now.usedBytes()).isLessThanOrEqualTo(now.limitBytes());
                  most.accumulateAndGet(CachedFiles.allocated(cache), Math::max);
                }
              })
          .add(
              () -> {
                try {
                  Parallel.run(8, number -> use(vfs, number));
                } finally {
                  done.set(true);
                }
              })
          .run();
      drain(cacheFs);
      assertRight(vfs, 100, 140);
    }
    assertThat(most.get()).isBetween(CACHE / 2, CACHE);
    for (int i = 100; i < 140; i++) {
      assertThat(Files.readAllBytes(source.resolve("f" + i))).isEqualTo(CachedFiles.bytes(i, SIZE));
    }
  }

  private static DirtyLimits dirty(long bytes, long files) {
    return new DirtyLimits(bytes, files, Duration.ZERO, Duration.ofMillis(300));
  }

  private static void assertFull(ThrowingCallable change) {
    assertThatThrownBy(change)
        .isInstanceOfSatisfying(
            FsException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOSPC));
  }

  @Test
  void atTheLimit_withoutASource_writersFailAndWhatFreesDoesNot()
      throws Exception, InterruptedException {
    for (DirtyLimits dirty : List.of(dirty(MIB, 1000), dirty(0, 4))) {
      try (CacheFs cacheFs = CachedFiles.open(source, settings(true, dirty))) {
        Vfs vfs = cacheFs.vfs();
        int made = 0;
        assertFull(
            () -> {
              for (int i = 0; i < 1000; i++) {
                write(vfs, i, SIZE);
              }
            });
        while (isThere(vfs, made)) {
          made++;
        }
        assertThat(made).isPositive();
        // The last may have been made and not written; what was answered for is whole.
        int whole = CachedFiles.isRight(vfs, made - 1, SIZE) ? made : made - 1;
        assertThat(whole).isEqualTo(dirty.bytes() > 0 ? 2 : 3);
        assertRight(vfs, 0, whole);
        vfs.rename(Vfs.ROOT, Name.of("f0"), Vfs.ROOT, Name.of("f1"), 0);
        for (int i = 1; i < made; i++) {
          vfs.unlink(Vfs.ROOT, Name.of("f" + i));
        }
        write(vfs, 0, SIZE);
        assertRight(vfs, 0, 1);
        vfs.unlink(Vfs.ROOT, Name.of("f0"));
        drain(cacheFs);
      }
      try (Stream<Path> left = Files.list(source)) {
        assertThat(left).isEmpty();
      }
    }
  }

  private static boolean isThere(Vfs vfs, int number) {
    try {
      vfs.forget(vfs.lookup(Vfs.ROOT, Name.of("f" + number)).inodeId(), 1);
      return true;
    } catch (FsException e) {
      return false;
    }
  }

  @Test
  void atTheLimit_withASource_writersWaitAndNothingFails() throws Exception, InterruptedException {
    // A busy machine may take a while between two writes.
    DirtyLimits dirty = new DirtyLimits(MIB, 5, Duration.ZERO, Duration.ofSeconds(30));
    try (CacheFs cacheFs = CachedFiles.open(source, settings(false, dirty))) {
      Vfs vfs = cacheFs.vfs();
      Parallel.run(
          4,
          number -> {
            for (int i = 0; i < 20; i++) {
              write(vfs, 100 + number * 20 + i, SIZE);
            }
          });
      drain(cacheFs);
      assertRight(vfs, 100, 180);
      assertThat(disk(cacheFs).usedBytes()).isLessThanOrEqualTo(disk(cacheFs).limitBytes());
    }
  }

  @Test
  void afterARestart_whatIsPendingCounts() throws Exception {
    DirtyLimits dirty = dirty(MIB, 1000);
    for (int life = 0; life < 3; life++) {
      int file = life;
      try (CacheFs cacheFs = CachedFiles.open(source, settings(true, dirty))) {
        if (life < 2) {
          write(cacheFs.vfs(), file, SIZE);
        } else {
          assertFull(() -> write(cacheFs.vfs(), file, SIZE));
        }
        assertRight(cacheFs.vfs(), 0, Math.min(2, life + 1));
      }
    }
  }

  private static void run(String... command) {
    try (ChildProcess process = ChildProcess.start(command)) {
      int exit = process.awaitExit(Duration.ofSeconds(20));
      assertThat(exit).as("%s: %s", List.of(command), process.output()).isZero();
    }
  }

  @Test
  void aDiskThatIsFull_endsInENOSPC_keepsTheFloorFreeAndWhatWasWritten()
      throws Exception, InterruptedException {
    Require.root();
    Path cache = Files.createDirectory(directory.resolve("cache"));
    long floor = 4 * MIB;
    Limits plain = Limits.DEFAULT;
    Limits limits = new Limits(256 * MIB, 1000, floor, 0, 0, MIB, 0, plain.eviction(), plain.ttl());
    run("mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", cache.toString());
    try (CacheFs cacheFs = CachedFiles.open(source, settings(true, dirty(0, 1000), limits))) {
      Vfs vfs = cacheFs.vfs();
      makeFiles(20);
      assertRight(vfs, 0, 20);
      int[] made = {100};
      assertFull(
          () -> {
            for (; made[0] < 1000; made[0]++) {
              write(vfs, made[0], SIZE);
            }
          });
      assertThat(made[0]).isGreaterThan(115);
      assertThat(Files.getFileStore(cache).getUsableSpace()).isGreaterThanOrEqualTo(floor);
      assertRight(vfs, 100, made[0]);
      assertRight(vfs, 0, 20);
      drain(cacheFs);
      write(vfs, 99, SIZE);
      drain(cacheFs);
      assertRight(vfs, 99, made[0]);
      for (int i = 99; i < made[0]; i++) {
        byte[] bytes = Files.readAllBytes(source.resolve("f" + i));
        assertThat(bytes).isEqualTo(CachedFiles.bytes(i, SIZE));
      }
    } finally {
      run("umount", "-l", cache.toString());
    }
  }

  /** Half of them read, half of them write. */
  private static void use(Vfs vfs, int number) throws FsException {
    Random random = Seeds.random("user " + number);
    for (int i = 0; i < 30; i++) {
      if (number % 2 == 0) {
        int file = random.nextInt(60);
        assertRight(vfs, file, file + 1);
      } else {
        int file = 100 + random.nextInt(10) + number / 2 * 10;
        write(vfs, file, SIZE);
      }
    }
    if (number % 2 == 1) {
      for (int i = 0; i < 10; i++) {
        write(vfs, 100 + i + number / 2 * 10, SIZE);
      }
    }
  }
}
