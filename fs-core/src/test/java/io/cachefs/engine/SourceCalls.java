package io.cachefs.engine;

import io.cachefs.base.FsException;
import io.cachefs.base.StatFs;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.sys.ChangedFileCalls;
import io.cachefs.sys.FileCalls;
import io.cachefs.sys.LinuxFileCalls;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The system calls of a source, counted, and stuck when a test wants it. Thread-safe. The cache's
 * own files are reached through other calls and do not count.
 */
final class SourceCalls {
  /** FUSE_SUPER_MAGIC of {@code linux/magic.h}: a file system that need not be of this machine. */
  private static final long FUSE = 0x65735546;

  /** These ask a source nothing; they work on descriptors and threads alone. */
  private static final Set<String> QUIET = Set.of("close", "actFor", "resumeSelf");

  static {
    // The first open in a JVM loads classes and libraries: longer than a deadline, if it is busy.
    try (CacheFs unused = CacheFs.open(CacheFsConfig.of(Path.of("/")))) {
      assert unused.vfs() != null;
    } catch (FsException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Map<String, LongAdder> counts = new ConcurrentHashMap<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private final boolean remote;
  private volatile CountDownLatch gate = new CountDownLatch(0);

  private SourceCalls(boolean remote) {
    this.remote = remote;
  }

  /** Calls on a disk of this machine. */
  static SourceCalls local() {
    return new SourceCalls(false);
  }

  /** Calls on something that may hang. */
  static SourceCalls remote() {
    return new SourceCalls(true);
  }

  FileCalls calls() {
    return ChangedFileCalls.of(new LinuxFileCalls(), this::on);
  }

  private @Nullable Object on(ChangedFileCalls.Call call) throws FsException {
    if (QUIET.contains(call.name())) {
      return call.proceed();
    }
    counts.computeIfAbsent(call.name(), name -> new LongAdder()).increment();
    waiting.incrementAndGet();
    try {
      gate.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } finally {
      waiting.decrementAndGet();
    }
    Object result = call.proceed();
    if (remote && result instanceof StatFs s) {
      return new StatFs(
          s.blocks(),
          s.freeBlocks(),
          s.availableBlocks(),
          s.files(),
          s.freeFiles(),
          s.blockSize(),
          s.nameMax(),
          s.fragmentSize(),
          FUSE);
    }
    return result;
  }

  /** Lets no call come back from now on. */
  void hang() {
    gate = new CountDownLatch(1);
  }

  /** Lets all calls go on. */
  void goOn() {
    gate.countDown();
  }

  /** Returns how many calls wait now. */
  int stuck() {
    return gate.getCount() == 0 ? 0 : waiting.get();
  }

  /** Returns how often the source was asked for anything since the last reset. */
  long total() {
    return counts.values().stream().mapToLong(LongAdder::sum).sum();
  }

  /** Returns how often a call of this name was made since the last reset. */
  long count(String name) {
    LongAdder count = counts.get(name);
    return count == null ? 0 : count.sum();
  }

  void reset() {
    counts.clear();
  }

  @Override
  public String toString() {
    return counts.toString();
  }
}
