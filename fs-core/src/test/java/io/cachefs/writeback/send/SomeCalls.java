package io.cachefs.writeback.send;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.sys.ChangedFileCalls;
import io.cachefs.sys.FileCalls;
import io.cachefs.sys.LinuxFileCalls;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * System calls of a source that are counted, take a time, and fail when a test wants it. Those that
 * ask a source nothing are left out, and so are those for handles, which may always fail.
 */
final class SomeCalls {
  private static final Set<String> QUIET =
      Set.of("close", "actFor", "resumeSelf", "handleOf", "openByHandle");

  /** What happens to a call. */
  enum Fault {
    FAIL_BEFORE,
    FAIL_AFTER,
    /** From this call on nothing works. */
    DIE_BEFORE,
    DIE_AFTER;

    boolean isAfter() {
      return this == FAIL_AFTER || this == DIE_AFTER;
    }

    boolean kills() {
      return this == DIE_BEFORE || this == DIE_AFTER;
    }
  }

  private final AtomicInteger count = new AtomicInteger();
  private final List<String> names = new ArrayList<>();
  private volatile int faultyCall = -1;
  private volatile Fault fault = Fault.FAIL_BEFORE;
  private volatile boolean dead;
  private volatile long pauseNanos;

  FileCalls calls() {
    return ChangedFileCalls.of(new LinuxFileCalls(), this::on);
  }

  private @Nullable Object on(ChangedFileCalls.Call call) throws FsException {
    if (QUIET.contains(call.name())) {
      return call.proceed();
    }
    if (dead) {
      throw new FsException(Errno.EIO, "dead");
    }
    int number = count.getAndIncrement();
    synchronized (names) {
      names.add(call.name());
    }
    pause();
    if (number != faultyCall) {
      return call.proceed();
    }
    dead = fault.kills();
    if (fault.isAfter()) {
      Object result = call.proceed();
      if (call.name().equals("open")) {
        call.calls().close((Integer) Objects.requireNonNull(result));
      }
    }
    throw new FsException(Errno.EIO, "call " + number + ": " + call.name() + " " + fault);
  }

  private void pause() {
    try {
      TimeUnit.NANOSECONDS.sleep(pauseNanos);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Counts from 0 again; then the call with that number fails, or none if it is negative. */
  void restart(int call, Fault how) {
    dead = false;
    faultyCall = call;
    fault = how;
    count.set(0);
    synchronized (names) {
      names.clear();
    }
  }

  /** Each call takes so long. */
  void slow(long nanos) {
    pauseNanos = nanos;
  }

  void die() {
    dead = true;
  }

  boolean isDead() {
    return dead;
  }

  int count() {
    return count.get();
  }

  List<String> names() {
    synchronized (names) {
      return List.copyOf(names);
    }
  }
}
