package io.cachefs.benchmarks;

import io.cachefs.base.Attributes;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.base.OpenFlags;
import io.cachefs.vfs.Entry;
import io.cachefs.vfs.Vfs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Small files over a source that costs nothing, looked up by name. What is known of one file and
 * its content is measured by {@link CacheBenchmark}.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {
      "--add-opens=java.base/java.nio=ALL-UNNAMED",
      "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED"
    })
public class SmallFileBenchmark {
  private static final int SMALL = 1024;

  /** Files read in one go; few enough to be open at the same time. */
  private static final int BATCH = 5_000;

  /** A file that was looked up once. */
  @State(Scope.Thread)
  public static class Known {
    Name name;
    private OpenedCache cache;
    long inode;
    Vfs vfs;

    @Setup
    public void open() throws IOException, FsException {
      name = Name.of("f1");
      cache = new OpenedCache(SMALL, 64 << 20);
      vfs = cache.vfs();
      inode = vfs.lookup(Vfs.ROOT, name).inodeId();
    }

    @TearDown
    public void close() throws IOException, FsException {
      cache.close();
    }
  }

  /** Files of 1 KiB, none of which was ever asked for. */
  @State(Scope.Thread)
  public static class Cold {
    private OpenedCache cache;
    Vfs vfs;
    private long next;
    final ByteBuffer buffer = ByteBuffer.allocateDirect(SMALL);

    @Setup
    public void open() throws IOException, FsException {
      cache = new OpenedCache(SMALL, 64 << 20);
      vfs = cache.vfs();
    }

    Entry fresh() throws FsException {
      return vfs.lookup(Vfs.ROOT, Name.of("f" + next++));
    }

    @TearDown
    public void close() throws IOException, FsException {
      cache.close();
    }
  }

  /** A batch of such files, looked up and open. */
  @State(Scope.Thread)
  public static class ColdOpened extends Cold {
    final long[] inodes = new long[BATCH];
    final long[] handles = new long[BATCH];

    @Setup(Level.Iteration)
    public void openAll() throws FsException {
      for (int i = 0; i < BATCH; i++) {
        inodes[i] = fresh().inodeId();
        handles[i] = vfs.open(inodes[i], OpenFlags.READ_ONLY).handle();
      }
    }

    @TearDown(Level.Iteration)
    public void releaseAll() {
      for (int i = 0; i < BATCH; i++) {
        vfs.release(handles[i]);
        vfs.forget(inodes[i], 1);
      }
    }
  }

  /** Attributes that are known for an hour. */
  @Benchmark
  public Attributes attributesHitWithLifetime(Known known) throws FsException {
    return known.vfs.attributes(known.inode, Vfs.NO_HANDLE);
  }

  /** A name that is known. */
  @Benchmark
  public Entry lookupHit(Known known) throws FsException {
    Entry entry = known.vfs.lookup(Vfs.ROOT, known.name);
    known.vfs.forget(entry.inodeId(), 1);
    return entry;
  }

  /** A file of 1 KiB never asked for: looked up, opened, read, released and forgotten. */
  @Benchmark
  public int missWholeFile(Cold cold) throws FsException {
    long inode = cold.fresh().inodeId();
    long handle = cold.vfs.open(inode, OpenFlags.READ_ONLY).handle();
    int count = cold.vfs.read(handle, 0, cold.buffer.clear());
    cold.vfs.release(handle);
    cold.vfs.forget(inode, 1);
    return count;
  }

  /** The first read of such a file. */
  @Benchmark
  @BenchmarkMode(Mode.SingleShotTime)
  @OperationsPerInvocation(BATCH)
  @Warmup(iterations = 30)
  @Measurement(iterations = 20)
  public long missRead(ColdOpened cold) throws FsException {
    long sum = 0;
    for (long handle : cold.handles) {
      sum += cold.vfs.read(handle, 0, cold.buffer.clear());
    }
    return sum;
  }
}
