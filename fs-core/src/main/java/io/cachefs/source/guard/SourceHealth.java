package io.cachefs.source.guard;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.source.SourceDownException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether a source answers. Thread-safe.
 *
 * <p>A failure that can mean that the source is gone, or a call that is late while others are
 * answered, only raises doubt: a probe decides. A late call during which nothing at all was
 * answered takes the source down at once. Only a probe that is answered brings it up again. What
 * concerns one file (no such name, no permission) shows that the source is well.
 */
public final class SourceHealth {
  private static final Logger LOG = LoggerFactory.getLogger(SourceHealth.class);

  /** What a client of a network says when its server is gone; EIO can also be one bad file. */
  private static final Set<Errno> DOUBTFUL =
      EnumSet.of(Errno.EIO, Errno.ENOTCONN, Errno.ETIMEDOUT, Errno.EHOSTDOWN);

  /** How the source is. */
  public enum State {
    /** It answers. */
    UP,
    /** Something failed in a way that makes one ask; calls go on. */
    SUSPECT,
    /** It does not answer, or it is forced to be left alone. */
    DOWN
  }

  /** Hears of changes, in their order, from any thread and with no lock held. */
  public interface Listener {
    /** The state changed. */
    void changed(State now, String reason);
  }

  private record Change(State before, State now, String reason) {}

  private final boolean waits;
  private final LongAdder refused = new LongAdder();
  private final LongAdder late = new LongAdder();
  private final LongAdder doubtful = new LongAdder();
  private final LongAdder probes = new LongAdder();
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();
  private final Queue<Change> untold = new ConcurrentLinkedQueue<>();
  private final AtomicInteger telling = new AtomicInteger();
  private final InstantSource time;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /** Written under the lock. */
  private volatile State state = State.UP;

  /** When something was answered last, on the clock of the callers. */
  private volatile long lastAnswer = Long.MIN_VALUE;

  @GuardedBy("lock")
  private Instant since;

  @GuardedBy("lock")
  private String reason = "";

  @GuardedBy("lock")
  private @Nullable String lastError;

  @GuardedBy("lock")
  private boolean forced;

  @GuardedBy("lock")
  private boolean hinted;

  /** Written under the lock. */
  private volatile boolean closed;

  /**
   * @param waits whether callers wait while the source is down
   */
  SourceHealth(boolean waits, InstantSource time) {
    this.waits = waits;
    this.time = time;
    this.since = time.instant();
  }

  /**
   * A moment of the source.
   *
   * @param forced whether it is down because {@link #forceDown} said so
   * @param since when it came into this state
   * @param reason why
   * @param lastError the last failure that raised doubt, if any
   * @param refused calls that failed at once because it was down
   * @param late calls that passed their deadline
   * @param doubtful failures that raised doubt
   * @param probes that were made
   */
  public record Status(
      State state,
      boolean forced,
      Instant since,
      String reason,
      @Nullable String lastError,
      long refused,
      long late,
      long doubtful,
      long probes) {}

  public State state() {
    return state;
  }

  public Status status() {
    lock.lock();
    try {
      return new Status(
          state,
          forced,
          since,
          reason,
          lastError,
          refused.sum(),
          late.sum(),
          doubtful.sum(),
          probes.sum());
    } finally {
      lock.unlock();
    }
  }

  public void listen(Listener listener) {
    listeners.add(listener);
  }

  public void ignore(Listener listener) {
    listeners.remove(listener);
  }

  /** Begins with a source that is known not to answer. */
  void beginDown(String why) {
    lock.lock();
    try {
      lastError = why;
      becomeLocked(State.DOWN, why);
    } finally {
      lock.unlock();
    }
    tell();
  }

  /** Takes the source down until {@link #allowUp}, whether it answers or not. */
  public void forceDown(String why) {
    lock.lock();
    try {
      forced = true;
      becomeLocked(State.DOWN, why);
    } finally {
      lock.unlock();
    }
    tell();
  }

  /** Ends {@link #forceDown}: the source is up again as soon as it answers a probe. */
  public void allowUp() {
    lock.lock();
    try {
      forced = false;
      hinted = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  // --- For those who call ---

  /** Lets a call pass, or fails it at once, or waits until the source is up. */
  void admit() throws FsException {
    if (state == State.DOWN && !closed) {
      if (!waits) {
        refused.increment();
        throw new SourceDownException("the source is down");
      }
      awaitWhile(EnumSet.of(State.DOWN));
    }
    if (closed) {
      throw new FsException(Errno.EIO, "the source is closed");
    }
  }

  /** Waits until it is clear how the source is, and returns whether it is down. */
  boolean isDownAfterDoubt() throws FsException {
    awaitWhile(EnumSet.of(State.SUSPECT));
    return state == State.DOWN;
  }

  private void awaitWhile(Set<State> states) throws FsException {
    lock.lock();
    try {
      while (states.contains(state) && !closed) {
        changed.await();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FsException(Errno.EINTR);
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether a failure can mean that the source is gone. */
  static boolean isDoubtful(FsException failure) {
    return DOUBTFUL.contains(failure.errno());
  }

  /**
   * Returns whether a failure says that the server is gone, and nothing about the file asked for.
   */
  static boolean meansGone(FsException failure) {
    return isDoubtful(failure) && failure.errno() != Errno.EIO;
  }

  /** A call was answered at {@code now}, if only with an errno. */
  void answered(long now) {
    lastAnswer = now;
  }

  /** A call failed in a way that can mean that the source is gone. */
  void doubt(FsException failure) {
    doubtful.increment();
    lock.lock();
    try {
      lastError = failure.getMessage();
      if (state == State.UP) {
        becomeLocked(State.SUSPECT, "failed: " + lastError);
      }
    } finally {
      lock.unlock();
    }
    tell();
  }

  /**
   * The deadline of a call that was made at {@code start} passed.
   *
   * @param onlyDoubt whether such a call may take longer than others
   */
  void passedDeadline(long start, boolean onlyDoubt, String message) {
    late.increment();
    boolean others = lastAnswer != Long.MIN_VALUE && lastAnswer - start >= 0;
    lock.lock();
    try {
      lastError = message;
      if (state != State.DOWN && !onlyDoubt && !others) {
        becomeLocked(State.DOWN, message);
      } else if (state == State.UP) {
        becomeLocked(State.SUSPECT, message);
      }
    } finally {
      lock.unlock();
    }
    tell();
  }

  /** A call that was late came back: it is worth a probe now. */
  void cameBack() {
    lock.lock();
    try {
      hinted = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  // --- For the prober ---

  /** Waits until somebody has to ask whether the source is there; returns false once closed. */
  boolean awaitDoubt() throws InterruptedException {
    lock.lock();
    try {
      while (!closed && (state == State.UP || forced)) {
        changed.await();
      }
      hinted = false;
      return !closed;
    } finally {
      lock.unlock();
    }
  }

  /** Waits so long, or until there is a reason to ask sooner. */
  void pause(long nanos) throws InterruptedException {
    lock.lock();
    try {
      long left = nanos;
      while (!closed && !hinted && left > 0) {
        left = changed.awaitNanos(left);
      }
      hinted = false;
    } finally {
      lock.unlock();
    }
  }

  /** Notes how a probe ended: with null if the source is well. */
  void probed(@Nullable String failure) {
    probes.increment();
    lock.lock();
    try {
      if (failure != null) {
        lastError = failure;
      }
      if (!forced && !closed) {
        becomeLocked(
            failure == null ? State.UP : State.DOWN, failure == null ? "it answers" : failure);
      }
    } finally {
      lock.unlock();
    }
    tell();
  }

  void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits until the state is as said, at most so long; for tests and for commands that wait. */
  public boolean await(State wanted, long timeoutNanos) throws InterruptedException {
    lock.lock();
    try {
      long left = timeoutNanos;
      while (state != wanted && left > 0) {
        left = changed.awaitNanos(left);
      }
      return state == wanted;
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void becomeLocked(State now, String why) {
    if (state != now) {
      untold.add(new Change(state, now, why));
      state = now;
      since = time.instant();
      reason = why;
      changed.signalAll();
    }
  }

  /** Tells listeners what they have not heard, one thread at a time so that the order is kept. */
  private void tell() {
    if (untold.isEmpty() || telling.getAndIncrement() != 0) {
      return;
    }
    int told = 1;
    while (told != 0) {
      Change change;
      while ((change = untold.poll()) != null) {
        log(change);
        for (Listener listener : listeners) {
          listener.changed(change.now(), change.reason());
        }
      }
      told = telling.addAndGet(-told);
    }
  }

  /** Doubt that a probe dispels at once is of no interest to most. */
  private static void log(Change change) {
    if (change.now() == State.DOWN) {
      LOG.warn("The source is down: {}", change.reason());
    } else if (change.before() == State.DOWN) {
      LOG.info("The source is up again: {}", change.reason());
    } else {
      LOG.debug("The source is {}: {}", change.now(), change.reason());
    }
  }

  /** Returns how long a call may wait for the verdict of a probe, besides the probe's deadline. */
  static long graceNanos() {
    return TimeUnit.MILLISECONDS.toNanos(100);
  }
}
