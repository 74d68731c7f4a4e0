package io.cachefs.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.base.FsException;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.engine.config.CacheSettings;
import io.cachefs.engine.config.CacheSettings.Eviction;
import io.cachefs.engine.config.CacheSettings.Fetching;
import io.cachefs.engine.config.CacheSettings.Limits;
import io.cachefs.testing.concurrent.Parallel;
import io.cachefs.testing.posix.Posix;
import io.cachefs.testing.posix.PosixException;
import io.cachefs.testing.process.ChildProcess;
import io.cachefs.testing.process.OpenDescriptors;
import io.cachefs.testing.process.Require;
import io.cachefs.testing.random.Seeds;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What may be used is never exceeded, and a disk that fails makes nothing wrong. */
@ExtendWith(Seeds.class)
@Timeout(120)
class BoundsTest {
  private static final long MIB = 1L << 20;
  private static final Duration LIMIT = Duration.ofSeconds(20);

  @TempDir Path directory;

  private Path source;
  private Path cache;
  private final List<byte[]> contents = new ArrayList<>();

  @BeforeEach
  void makeDirectories() throws IOException {
    source = Files.createDirectory(directory.resolve("source"));
    cache = Files.createDirectory(directory.resolve("cache"));
  }

  private void populate(int files, int size) throws IOException {
    Random random = Seeds.random("content");
    for (int i = 0; i < files; i++) {
      byte[] bytes = new byte[1 + random.nextInt(size)];
      random.nextBytes(bytes);
      Files.write(source.resolve("f" + i), bytes);
      contents.add(bytes);
    }
  }

  private CacheFsConfig config(Limits limits) {
    CacheSettings settings = Engine.EXCLUSIVE.settings(cache).with(limits);
    return CacheFsConfig.of(source).withCache(settings);
  }

  private void readAll(CacheFs cacheFs) throws FsException {
    Reader reader = new Reader(cacheFs.vfs());
    for (int i = 0; i < contents.size(); i++) {
      assertThat(reader.read("f" + i)).as("f%d", i).isEqualTo(contents.get(i));
    }
  }

  /** The space that everything below a directory takes on its disk, and the directory itself. */
  private static long allocated(Posix files, String path) {
    long sum;
    try {
      sum = files.lstat(path).blocks() * 512;
      for (String name : files.list(path)) {
        sum += allocated(files, path + "/" + name);
      }
    } catch (PosixException e) {
      if (e.errno().name().equals("ENOTDIR")) {
        return files.exists(path) ? files.lstat(path).blocks() * 512 : 0;
      }
      return 0;
    }
    return sum;
  }

  @Test
  void sixtyFourReaders_overASmallCache_neverExceedItsLimit() throws Exception {
    long limit = 16 * MIB;
    populate(160, 600_000);
    AtomicBoolean done = new AtomicBoolean();
    AtomicLong most = new AtomicLong();
    AtomicLong descriptors = new AtomicLong();
    Limits limits = Limits.DEFAULT.withDiskBytes(limit).withMemoryBytes(2 * MIB);
    try (CacheFs cacheFs = CacheFs.open(config(limits));
        Posix files = Posix.in(cache)) {
      long before = direct();
      new Parallel()
          .add(
              () -> {
                while (!done.get()) {
                  most.accumulateAndGet(allocated(files, "."), Math::max);
                  descriptors.accumulateAndGet(OpenDescriptors.under(cache).size(), Math::max);
                }
              })
          .add(
              () -> {
                try {
                  Parallel.run(64, number -> readSome(cacheFs, Seeds.random("reader " + number)));
                } finally {
                  done.set(true);
                }
              })
          .run();
      // What 64 readers and the threads that fetch for them need themselves comes on top.
      assertThat(direct() - before).isLessThan(2 * MIB + 100 * MIB);
    }
    assertThat(most.get()).isLessThanOrEqualTo(limit).isGreaterThan(limit / 2);
    assertThat(descriptors.get()).isLessThan(600);
    assertThat(OpenDescriptors.under(directory)).isEmpty();
  }

  private void readSome(CacheFs cacheFs, Random random) throws FsException {
    Reader reader = new Reader(cacheFs.vfs());
    for (int i = 0; i < 40; i++) {
      int file = random.nextInt(contents.size());
      assertThat(reader.wrong("f" + file, contents.get(file), random, 4)).isEmpty();
    }
  }

  private static long direct() {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(pool -> pool.getName().equals("direct"))
        .mapToLong(BufferPoolMXBean::getMemoryUsed)
        .sum();
  }

  // --- A disk that is full, read-only or gone ---

  private void run(String... command) {
    try (ChildProcess process = ChildProcess.start(command)) {
      int exit = process.awaitExit(LIMIT);
      assertThat(exit).as("%s: %s", List.of(command), process.output()).isZero();
    }
  }

  private void onTmpfs(int mebibytes) {
    Require.root();
    run("mount", "-t", "tmpfs", "-o", "size=" + mebibytes + "m", "tmpfs", cache.toString());
  }

  private void unmount() {
    run("umount", "-l", cache.toString());
  }

  private static Limits withFloor(long freeBytes) {
    Limits plain = Limits.DEFAULT.withMemoryBytes(0);
    return new Limits(
        plain.diskBytes(),
        plain.files(),
        freeBytes,
        0,
        plain.memoryBytes(),
        plain.metadataBytes(),
        plain.pinnedBytes(),
        plain.eviction(),
        plain.ttl());
  }

  @Test
  void read_whenTheDiskOfTheCacheIsSmallerThanItsFloorAllows_leavesTheFloorFree() throws Exception {
    populate(60, 600_000);
    onTmpfs(12);
    try {
      try (CacheFs cacheFs = CacheFs.open(config(withFloor(4 * MIB)))) {
        readAll(cacheFs);
        readAll(cacheFs);
        assertThat(Files.getFileStore(cache).getUsableSpace()).isGreaterThanOrEqualTo(4 * MIB);
      }
    } finally {
      unmount();
    }
  }

  @Test
  void read_whenTheDiskOfTheCacheIsFull_isRight() throws Exception {
    populate(60, 600_000);
    onTmpfs(48);
    try {
      try (CacheFs cacheFs = CacheFs.open(config(withFloor(0)))) {
        Reader reader = new Reader(cacheFs.vfs());
        for (int i = 0; i < 30; i++) {
          assertThat(reader.read("f" + i)).isEqualTo(contents.get(i));
        }
        // Somebody else takes all that is left.
        try (ChildProcess other =
            ChildProcess.start("dd", "if=/dev/zero", "bs=64k", "of=" + cache.resolve("other"))) {
          assertThat(other.awaitExit(LIMIT)).isPositive();
        }
        readAll(cacheFs);
        readAll(cacheFs);
        Files.delete(cache.resolve("other"));
        readAll(cacheFs);
      }
      try (CacheFs cacheFs = CacheFs.open(config(withFloor(0)))) {
        readAll(cacheFs);
      }
    } finally {
      unmount();
    }
  }

  @Test
  void read_whenTheDirectoryOfTheCacheIsTakenAway_isRight() throws Exception {
    populate(40, 300_000);
    try (CacheFs cacheFs = CacheFs.open(config(Limits.DEFAULT.withMemoryBytes(0)))) {
      readAll(cacheFs);
      run("rm", "-rf", cache.toString());
      readAll(cacheFs);
      readAll(cacheFs);
    }
    assertThat(OpenDescriptors.under(directory)).isEmpty();
  }

  // --- What is kept ---

  private long reads(CacheFsConfig config, List<String> paths) throws FsException {
    SourceCalls calls = SourceCalls.local();
    try (CacheFs cacheFs = CacheFs.open(config, calls.calls())) {
      Reader reader = new Reader(cacheFs.vfs());
      for (String path : paths) {
        byte[] unused = reader.read(path);
      }
    }
    return calls.count("read");
  }

  @Test
  void includeExcludeAndLargestFile_decideWhatIsCached() throws Exception {
    Files.createDirectory(source.resolve("d"));
    for (String name : List.of("a.txt", "b.bin", "d/c.txt", "d/x.txt", "large.txt")) {
      Files.write(source.resolve(name), new byte[name.startsWith("large") ? 300_000 : 20_000]);
    }
    Fetching plain = Fetching.DEFAULT;
    Fetching chosen =
        new Fetching(
            plain.verify(),
            plain.inlineMax(),
            200_000,
            List.of("*.txt"),
            List.of("d/x*"),
            plain.streams(),
            plain.readAheadBytes(),
            plain.directories(),
            plain.shards());
    CacheSettings settings = Engine.EXCLUSIVE.settings(cache).with(chosen);
    CacheFsConfig config = CacheFsConfig.of(source).withCache(settings);
    List<String> cached = List.of("a.txt", "d/c.txt");
    List<String> all = List.of("a.txt", "b.bin", "d/c.txt", "d/x.txt", "large.txt");
    assertThat(reads(config, all)).isPositive();

    assertThat(reads(config, cached)).isZero();
    for (String path : List.of("b.bin", "d/x.txt", "large.txt")) {
      assertThat(reads(config, List.of(path))).as(path).isPositive();
    }
  }

  @ParameterizedTest
  @CsvSource({"LRU", "LFU", "HYBRID", "TINYLFU"})
  void aScanOfMoreThanFits_leavesWhatIsReadAllTheTime(Eviction eviction) throws Exception {
    populate(200, 1);
    byte[] bytes = new byte[200_000];
    for (int i = 0; i < 200; i++) {
      Files.write(source.resolve("f" + i), bytes);
    }
    Limits limits = Limits.DEFAULT.withDiskBytes(20 * MIB).withMemoryBytes(0).with(eviction);
    SourceCalls calls = SourceCalls.local();
    try (CacheFs cacheFs = CacheFs.open(config(limits), calls.calls())) {
      Reader reader = new Reader(cacheFs.vfs());
      // 20 files of 20 MiB are hot; the others pass by once.
      for (int round = 0; round < 10; round++) {
        readHot(reader);
      }
      for (int i = 20; i < 200; i++) {
        byte[] unused = reader.read("f" + i);
        if (i % 10 == 0) {
          readHot(reader);
        }
      }
      calls.reset();
      readHot(reader);
    }
    assertThat(calls.count("read")).as("reads of the 20 hot files").isLessThan(20 * 13 / 4);
  }

  private static void readHot(Reader reader) throws FsException {
    for (int i = 0; i < 20; i++) {
      byte[] unused = reader.read("f" + i);
    }
  }
}
