package io.cachefs.source.guard;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.sys.ChangedFileCalls;
import io.cachefs.sys.FileCalls;
import io.cachefs.sys.LinuxFileCalls;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Real system calls that hang, or fail, while a test wants them to. */
final class HangingCalls {
  private final AtomicInteger made = new AtomicInteger();
  private final Semaphore stuck = new Semaphore(0);
  private volatile CountDownLatch released = new CountDownLatch(0);
  private volatile Predicate<ChangedFileCalls.Call> hangs = call -> false;
  private volatile Predicate<ChangedFileCalls.Call> fails = call -> false;
  private volatile Errno errno = Errno.EIO;

  FileCalls calls() {
    return ChangedFileCalls.of(new LinuxFileCalls(), this::on);
  }

  private @Nullable Object on(ChangedFileCalls.Call call) throws FsException {
    made.incrementAndGet();
    if (hangs.test(call)) {
      CountDownLatch until = released;
      stuck.release();
      try {
        until.await();
      } catch (InterruptedException e) {
        throw new AssertionError("a worker is not interrupted", e);
      }
    }
    if (fails.test(call)) {
      throw new FsException(errno, call.name());
    }
    return call.proceed();
  }

  /** Lets calls with this name, or all for "", hang from now on. */
  void hang(String name) {
    released = new CountDownLatch(1);
    stuck.drainPermits();
    hangs = call -> matches(call, name);
  }

  /** Ends what {@link #hang} began. */
  void release() {
    hangs = call -> false;
    released.countDown();
  }

  void fail(String name, Errno with) {
    errno = with;
    fails = call -> matches(call, name);
  }

  void succeed() {
    fails = call -> false;
  }

  private static boolean matches(ChangedFileCalls.Call call, String name) {
    return name.isEmpty() || call.name().equals(name);
  }

  /** Waits until so many calls hang. */
  void awaitStuck(int count) {
    stuck.acquireUninterruptibly(count);
  }

  /** Returns how many calls were made so far. */
  int made() {
    return made.get();
  }
}
