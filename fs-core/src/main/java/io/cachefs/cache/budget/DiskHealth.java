package io.cachefs.cache.budget;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Whether the disk of the cache can be written. Thread-safe.
 *
 * <p>After a write failed nothing is written for a while; then it is tried for a moment, and if
 * that fails too, the while is twice as long, up to a minute. Reads go on all the time: what cannot
 * be read is treated as not kept, and counted.
 */
public final class DiskHealth {
  private static final long FIRST_PAUSE_NANOS = 1_000_000_000L;
  private static final long LONGEST_PAUSE_NANOS = 60_000_000_000L;

  /** After so many failures in a row the pause is as long as it gets. */
  private static final int OFF_AFTER = 7;

  /** So long a try lasts: to keep one content takes several reservations before the first write. */
  private static final long TRY_NANOS = 100_000_000L;

  private final LongSupplier nanos;

  /** Read without the lock by every writer while all is well. */
  private volatile State state = State.HEALTHY;

  @GuardedBy("this")
  private int failuresInARow;

  @GuardedBy("this")
  private long pausedUntilNanos;

  /** Whether a try was begun of which nobody said yet how it went. */
  @GuardedBy("this")
  private boolean trying;

  @GuardedBy("this")
  private long tryUntilNanos;

  @GuardedBy("this")
  private long writeFailures;

  @GuardedBy("this")
  private long readFailures;

  @GuardedBy("this")
  private @Nullable Errno lastFailure;

  public DiskHealth(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /** What is done with the disk. */
  public enum State {
    /** It is used. */
    HEALTHY,
    /** It is not written for the moment. */
    FAILING,
    /** It is not written; once a minute it is tried. */
    OFF
  }

  /**
   * A moment of it.
   *
   * @param writeFailures since the start
   * @param readFailures since the start; what was read is treated as not kept
   * @param lastFailure the error of the last of both, or null
   */
  public record Status(
      State state, long writeFailures, long readFailures, @Nullable Errno lastFailure) {}

  /** Returns whether to write; after a pause true for a moment, in which it is tried. */
  public boolean mayWrite() {
    return state == State.HEALTHY || mayTry();
  }

  private synchronized boolean mayTry() {
    long now = nanos.getAsLong();
    if (trying && now - tryUntilNanos < 0) {
      return true;
    }
    if (now - pausedUntilNanos < 0) {
      return false;
    }
    // If nobody tells how it went, it is tried again after the same pause.
    tryUntilNanos = now + TRY_NANOS;
    pausedUntilNanos = tryUntilNanos + pauseNanos();
    trying = true;
    return true;
  }

  @GuardedBy("this")
  private long pauseNanos() {
    int doublings = Math.min(Math.max(failuresInARow - 1, 0), OFF_AFTER);
    return Math.min(LONGEST_PAUSE_NANOS, FIRST_PAUSE_NANOS << doublings);
  }

  /** Notes that something was written. */
  public void wrote() {
    if (state != State.HEALTHY) {
      recovered();
    }
  }

  private synchronized void recovered() {
    failuresInARow = 0;
    trying = false;
    state = State.HEALTHY;
  }

  /** Notes that something could not be written. */
  public synchronized void writeFailed(Exception failure) {
    writeFailures++;
    lastFailure = errnoOf(failure);
    long now = nanos.getAsLong();
    // Writers that were on their way when the first failed do not make the pause longer.
    if (state == State.HEALTHY || trying) {
      trying = false;
      failuresInARow++;
      pausedUntilNanos = now + pauseNanos();
    }
    state = failuresInARow >= OFF_AFTER ? State.OFF : State.FAILING;
  }

  /** Notes that something could not be read. */
  public synchronized void readFailed(Exception failure) {
    readFailures++;
    lastFailure = errnoOf(failure);
  }

  private static Errno errnoOf(Exception failure) {
    return failure.getCause() instanceof FsException cause ? cause.errno() : Errno.EIO;
  }

  public synchronized Status status() {
    return new Status(state, writeFailures, readFailures, lastFailure);
  }
}
