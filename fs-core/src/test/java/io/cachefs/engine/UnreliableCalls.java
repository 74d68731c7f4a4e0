package io.cachefs.engine;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.StatFs;
import io.cachefs.sys.ChangedFileCalls;
import io.cachefs.sys.FileCalls;
import io.cachefs.sys.LinuxFileCalls;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * The system calls of a source that fails or hangs now and then, before or after it did what it was
 * asked. Thread-safe.
 */
final class UnreliableCalls {
  /** FUSE_SUPER_MAGIC of {@code linux/magic.h}: a file system that need not be of this machine. */
  private static final long FUSE = 0x65735546;

  /** These ask a source nothing. */
  private static final Set<String> SURE = Set.of("close", "actFor", "resumeSelf");

  private static final Errno[] ERRORS = {
    Errno.EIO, Errno.EIO, Errno.ENOSPC, Errno.ETIMEDOUT, Errno.ENOTCONN, Errno.EDQUOT
  };

  private final Random random;
  private volatile int failing;
  private volatile CountDownLatch gate = new CountDownLatch(0);

  UnreliableCalls(Random random) {
    this.random = random;
  }

  FileCalls calls() {
    return ChangedFileCalls.of(new LinuxFileCalls(), this::on);
  }

  /** Lets so many of a thousand calls fail. */
  void fail(int perThousand) {
    failing = perThousand;
  }

  /** Lets no call come back from now on. */
  void hang() {
    gate = new CountDownLatch(1);
  }

  /** Ends what was begun with {@link #hang} and {@link #fail}. */
  void recover() {
    failing = 0;
    gate.countDown();
  }

  private int next(int bound) {
    synchronized (random) {
      return random.nextInt(bound);
    }
  }

  private @Nullable Object on(ChangedFileCalls.Call call) throws FsException {
    if (SURE.contains(call.name())) {
      return call.proceed();
    }
    boolean first = next(2) == 0;
    if (first) {
      disturb(call);
    }
    Object result = call.proceed();
    if (!first && !(result instanceof Integer)) {
      // What opened a descriptor is not made to fail after it: nobody would close that.
      disturb(call);
    }
    if (result instanceof StatFs s) {
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

  private void disturb(ChangedFileCalls.Call call) throws FsException {
    try {
      gate.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
    if (next(1000) < failing) {
      throw new FsException(ERRORS[next(ERRORS.length)], "made to fail: " + call.name());
    }
  }
}
