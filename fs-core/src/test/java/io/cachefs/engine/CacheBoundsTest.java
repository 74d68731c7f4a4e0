package io.cachefs.engine;

import static io.cachefs.engine.CachedFiles.allocated;
import static io.cachefs.engine.CachedFiles.isRight;
import static io.cachefs.engine.CachedFiles.status;
import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.engine.config.CacheSettings;
import io.cachefs.engine.config.CacheSettings.Limits;
import io.cachefs.store.Blob;
import io.cachefs.store.BlobStore;
import io.cachefs.store.blob.ShardedBlobStore;
import io.cachefs.sys.LinuxFileCalls;
import io.cachefs.testing.concurrent.Parallel;
import io.cachefs.testing.process.Require;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a cache may use of its disk, seen from outside while many read. */
class CacheBoundsTest {
  private static final long MIB = 1L << 20;
  private static final int THREADS = 64;

  @TempDir Path top;

  private Path source;
  private Path cache;

  @BeforeEach
  void directories() throws IOException {
    source = Files.createDirectory(top.resolve("source"));
    cache = Files.createDirectory(top.resolve("cache"));
  }

  private CacheFs open(Limits limits) throws Exception {
    CacheSettings settings = CacheSettings.of(cache.resolve("c")).with(limits);
    return CachedFiles.open(source, settings);
  }

  /** Makes files of mixed sizes, 64 MiB in all; returns these sizes. */
  private int[] makeFiles() throws IOException {
    Random random = new Random(7);
    int[] sizes = new int[256];
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = 1 + random.nextInt(1 << (8 + random.nextInt(13)));
    }
    long sum = 0;
    for (int size : sizes) {
      sum += size;
    }
    sizes[0] += (int) Math.max(0, 64 * MIB - sum) / 2;
    sizes[1] += (int) Math.max(0, 64 * MIB - sum) / 2;
    for (int i = 0; i < sizes.length; i++) {
      CachedFiles.make(source, i, sizes[i]);
    }
    return sizes;
  }

  /** What is looked at while others read. */
  private interface Look {
    void look() throws Exception;
  }

  private static void readAll(CacheFs cacheFs, int[] sizes, Look look) {
    AtomicInteger reading = new AtomicInteger(THREADS);
    new Parallel()
        .add(
            THREADS,
            thread -> {
              try {
                Random random = new Random(thread);
                for (int i = 0; i < sizes.length / 8; i++) {
                  // The two large ones by some threads only, or all of the time is spent on them.
                  int number = 2 + random.nextInt(sizes.length - 2);
                  int file = i == 0 && thread < 4 ? thread % 2 : number;
                  assertThat(isRight(cacheFs.vfs(), file, sizes[file])).isTrue();
                }
              } finally {
                reading.decrementAndGet();
              }
            })
        .add(
            () -> {
              while (reading.get() > 0) {
                look.look();
              }
            })
        .run();
    assertThat(status(cacheFs).eviction().evicted()).isPositive();
    assertThat(status(cacheFs).data().hits()).isPositive();
  }

  @Test
  void reading_moreThanFits_neverExceedsTheBytes() throws Exception {
    int[] sizes = makeFiles();
    AtomicLong highest = new AtomicLong();
    try (CacheFs cacheFs = open(Limits.DEFAULT.withDiskBytes(16 * MIB))) {
      readAll(
          cacheFs,
          sizes,
          () -> {
            long used = allocated(cache.resolve("c"));
            assertThat(used).isLessThanOrEqualTo(16 * MIB);
            highest.accumulateAndGet(used, Math::max);
          });
      assertThat(highest.get()).isGreaterThan(6 * MIB);
    }
  }

  @Test
  void reading_moreFilesThanMayBeKept_neverExceedsTheirNumber() throws Exception {
    int[] sizes = new int[400];
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = i % 2 == 0 ? 900 : 9000;
      CachedFiles.make(source, i, sizes[i]);
    }
    Limits all = Limits.DEFAULT;
    Limits few =
        new Limits(
            all.diskBytes(),
            50,
            all.freeBytes(),
            all.freeInodes(),
            all.memoryBytes(),
            all.metadataBytes(),
            all.pinnedBytes(),
            all.eviction(),
            all.ttl());
    try (CacheFs cacheFs = open(few)) {
      readAll(
          cacheFs,
          sizes,
          () -> {
            assertThat(status(cacheFs).disk().files()).isLessThanOrEqualTo(50);
            assertThat(blobs()).isLessThanOrEqualTo(50);
          });
      assertThat(status(cacheFs).disk().files()).isGreaterThan(30);
    }
  }

  private long blobs() throws Exception {
    Process find =
        new ProcessBuilder("find", cache.resolve("c/blobs").toString(), "-type", "f")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    return find.inputReader().lines().count();
  }

  @Test
  void reading_onASmallDisk_keepsFreeWhatMustStayFree() throws Exception {
    Require.root();
    int[] sizes = makeFiles();
    run("mount", "-t", "tmpfs", "-o", "size=32m", "none", cache.toString());
    try {
      FileStore disk = Files.getFileStore(cache);
      Limits all = Limits.DEFAULT.withDiskBytes(64 * MIB);
      Limits floor =
          new Limits(
              all.diskBytes(),
              all.files(),
              16 * MIB,
              100,
              all.memoryBytes(),
              all.metadataBytes(),
              all.pinnedBytes(),
              all.eviction(),
              all.ttl());
      AtomicLong lowest = new AtomicLong(Long.MAX_VALUE);
      try (CacheFs cacheFs = open(floor)) {
        readAll(
            cacheFs,
            sizes,
            () -> {
              long free = disk.getUnallocatedSpace();
              assertThat(free).isGreaterThanOrEqualTo(16 * MIB);
              lowest.accumulateAndGet(free, Math::min);
            });
        assertThat(lowest.get()).isLessThan(28 * MIB);
        assertThat(status(cacheFs).disk().writeFailures()).isZero();
      }
    } finally {
      run("umount", cache.toString());
    }
  }

  private static void run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).inheritIO().start();
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(String.join(" ", command)).isZero();
  }

  /** A killed process leaves no mark that it was closed, and maybe more than it has recorded. */
  @Test
  void opening_afterAKill_countsWhatIsThere() throws Exception {
    for (int i = 0; i < 40; i++) {
      CachedFiles.make(source, i, 50_000);
    }
    try (CacheFs cacheFs = open(Limits.DEFAULT)) {
      for (int i = 0; i < 40; i++) {
        assertThat(isRight(cacheFs.vfs(), i, 50_000)).isTrue();
      }
    }
    Files.delete(cache.resolve("c/index/closed"));
    Path blobs = cache.resolve("c/blobs");
    Files.write(files(blobs).get(0), new byte[9000], StandardOpenOption.APPEND);
    try (BlobStore store = ShardedBlobStore.open(new LinuxFileCalls(), blobs, 16);
        Blob orphan = store.create(170, 70_000)) {
      orphan.write(0, ByteBuffer.allocateDirect(70_000));
    }
    try (CacheFs again = open(Limits.DEFAULT)) {
      CacheStatus now = status(again);
      assertThat(now.recovery()).isEqualTo(new CacheStatus.Recovery(null, true, 1, 1));
      assertThat(now.disk().files()).isEqualTo(40);
      long charged = 0;
      for (Path blob : files(blobs)) {
        charged += (Files.size(blob) + 4095) / 4096 * 4096 + 64;
      }
      assertThat(now.disk().usedBytes()).isEqualTo(charged);
      assertThat(isRight(again.vfs(), 3, 50_000)).isTrue();
      assertThat(status(again).data().misses()).isZero();
    }
    try (CacheFs orderly = open(Limits.DEFAULT)) {
      assertThat(status(orderly).recovery()).isEqualTo(new CacheStatus.Recovery(null, true, 0, 0));
    }
  }

  private static List<Path> files(Path directory) throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      return all.filter(Files::isRegularFile).toList();
    }
  }
}
