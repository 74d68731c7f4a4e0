package io.cachefs.benchmarks;

import io.cachefs.base.Attributes;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.base.OpenFlags;
import io.cachefs.engine.CacheFs;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.engine.config.CacheSettings;
import io.cachefs.engine.config.CacheSettings.Consistency;
import io.cachefs.engine.config.CacheSettings.Limits;
import io.cachefs.vfs.Vfs;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Operations on a cached file system whose source and cache are both in memory (a tmpfs), so that
 * what is measured is the work of the cache and of the system calls it needs.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
    value = 1,
    jvmArgsAppend = {
      "-Xmx1g",
      "--add-opens=java.base/java.nio=ALL-UNNAMED",
      "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED"
    })
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class CacheBenchmark {
  private static final int HOT_BYTES = 8 << 20;
  private static final int READ = 1024;
  private static final int BLOCK = 16 << 10;

  /** Sparse, so that it takes no memory however many blocks of it are fetched. */
  private static final long SPARSE_BYTES = 1L << 40;

  /** Whether what is hot is also in memory of the process, or only in the blobs. */
  @Param({"true", "false"})
  public boolean memory;

  private Path directory = Path.of("");
  private CacheFs cacheFs;
  private Vfs vfs;
  private long inode;
  private long sparse;
  private final AtomicLong nextBlock = new AtomicLong();

  /** What one thread reads from, at which place, and into what. */
  @State(Scope.Thread)
  public static class Cursor {
    final ByteBuffer target = ByteBuffer.allocateDirect(READ);
    long handle;
    long offset;

    /** Programs do not share an open file as a rule. */
    @Setup(Level.Trial)
    public void open(CacheBenchmark benchmark) throws FsException {
      handle = benchmark.vfs.open(benchmark.inode, OpenFlags.READ_ONLY).handle();
    }

    long next() {
      offset = (offset + 37 * (long) READ) % HOT_BYTES;
      return offset;
    }
  }

  @Setup(Level.Trial)
  public void open() throws IOException, FsException {
    directory = Files.createTempDirectory(Path.of("/dev/shm"), "cachefs-bench-");
    Path source = Files.createDirectory(directory.resolve("source"));
    Files.write(source.resolve("hot"), new byte[HOT_BYTES]);
    try (RandomAccessFile file = new RandomAccessFile(source.resolve("sparse").toFile(), "rw")) {
      file.setLength(SPARSE_BYTES);
    }
    Limits limits =
        Limits.DEFAULT.withDiskBytes(512L << 20).withMemoryBytes(memory ? 64L << 20 : 0);
    CacheSettings settings =
        CacheSettings.of(directory.resolve("cache")).with(Consistency.EXCLUSIVE).with(limits);
    cacheFs = CacheFs.open(CacheFsConfig.of(source).withCache(settings));
    vfs = cacheFs.vfs();
    inode = vfs.lookup(Vfs.ROOT, Name.of("hot")).inodeId();
    long hot = vfs.open(inode, OpenFlags.READ_ONLY).handle();
    ByteBuffer all = ByteBuffer.allocateDirect(1 << 20);
    for (int round = 0; round < 3; round++) {
      for (int at = 0; at < HOT_BYTES; at += all.capacity()) {
        int unused = vfs.read(hot, at, all.clear());
      }
    }
    long other = vfs.lookup(Vfs.ROOT, Name.of("sparse")).inodeId();
    sparse = vfs.open(other, OpenFlags.READ_ONLY).handle();
  }

  @TearDown(Level.Trial)
  public void close() throws IOException {
    cacheFs.close();
    try (Stream<Path> files = Files.walk(directory)) {
      List<Path> all = files.sorted(Comparator.reverseOrder()).toList();
      for (Path each : all) {
        Files.delete(each);
      }
    }
  }

  /** 1 KiB of a block that is cached. */
  @Benchmark
  public int readHit(Cursor cursor) throws FsException {
    return vfs.read(cursor.handle, cursor.next(), cursor.target.clear());
  }

  /** Attributes that are known. */
  @Benchmark
  public Attributes attributesHit() throws FsException {
    return vfs.attributes(inode, Vfs.NO_HANDLE);
  }

  /** 1 KiB of a block that is not cached: fetched, checksummed, stored. */
  @Benchmark
  public int readMiss(Cursor cursor) throws FsException {
    // Far apart, so that nothing is read ahead.
    long block = nextBlock.getAndIncrement() * 7919 % (SPARSE_BYTES / BLOCK);
    return vfs.read(sparse, block * BLOCK, cursor.target.clear());
  }
}
