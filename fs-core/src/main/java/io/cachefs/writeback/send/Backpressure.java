package io.cachefs.writeback.send;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * Bounds what is changed here and not at the source. Thread-safe. Above three quarters of a limit
 * writers are slowed, the more the nearer it is; at the limit they wait until something was sent.
 * If nothing can be sent they wait so long as is allowed, then fail with ENOSPC.
 */
public final class Backpressure {
  private static final long SLOWEST_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final double SLOW_FROM = 0.75;

  /** Whether sending is stuck is looked at so often. */
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final Limits limits;
  private final BooleanSupplier stuck;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition sent = lock.newCondition();

  @GuardedBy("lock")
  private long bytes;

  @GuardedBy("lock")
  private long files;

  @GuardedBy("lock")
  private long ageNanos;

  /** How often something was sent. */
  @GuardedBy("lock")
  private long leavings;

  /**
   * How much may wait.
   *
   * @param age of the oldest change, above which writers are slowed most, but not stopped
   * @param patience how long a writer waits at the limit while nothing can be sent
   */
  public record Limits(long bytes, long files, Duration age, Duration patience) {}

  /** What waits now. */
  public record Pressure(long bytes, long files, long ageNanos, double used) {}

  /**
   * @param stuck tells whether nothing can be sent for now
   */
  public Backpressure(Limits limits, BooleanSupplier stuck) {
    this.limits = limits;
    this.stuck = stuck;
  }

  /**
   * Lets a change of so many bytes in, which then counts until {@link #sent}. Slows the caller or
   * makes it wait; must be called without any lock.
   */
  public void admit(long size, long newFiles) throws FsException {
    try {
      long pause = enter(size, newFiles);
      if (pause > 0) {
        TimeUnit.NANOSECONDS.sleep(pause);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FsException(Errno.EINTR);
    }
  }

  private long enter(long size, long newFiles) throws InterruptedException, FsException {
    lock.lockInterruptibly();
    try {
      long patience = limits.patience().toNanos();
      long seen = leavings;
      while (isFullLocked(size, newFiles)) {
        boolean nothingGoes = stuck.getAsBoolean();
        if (nothingGoes && patience <= 0) {
          throw new FsException(
              Errno.ENOSPC, "too much waits to be sent, and the source does not take it");
        }
        long waited = LOOK_NANOS - sent.awaitNanos(LOOK_NANOS);
        if (seen != leavings) {
          seen = leavings;
          patience = limits.patience().toNanos();
        } else if (nothingGoes) {
          patience -= waited;
        }
      }
      bytes += size;
      files += newFiles;
      return pauseLocked();
    } finally {
      lock.unlock();
    }
  }

  /** One change is let in even if it is larger than the limit, when nothing else is there. */
  @GuardedBy("lock")
  private boolean isFullLocked(long size, long newFiles) {
    boolean fullBytes = size > 0 && bytes > 0 && bytes + size > limits.bytes();
    boolean fullFiles = newFiles > 0 && files > 0 && files + newFiles > limits.files();
    return fullBytes || fullFiles;
  }

  @GuardedBy("lock")
  private double usedLocked() {
    double age = limits.age().isZero() ? 0 : (double) ageNanos / limits.age().toNanos();
    return Math.max(
        age, Math.max((double) bytes / limits.bytes(), (double) files / limits.files()));
  }

  @GuardedBy("lock")
  private long pauseLocked() {
    double above = Math.min(1, (usedLocked() - SLOW_FROM) / (1 - SLOW_FROM));
    return above <= 0 ? 0 : (long) (above * SLOWEST_NANOS);
  }

  /** So much is changed here in any case, as after a restart. */
  public void add(long size, long newFiles) {
    lock.lock();
    try {
      bytes += size;
      files += newFiles;
    } finally {
      lock.unlock();
    }
  }

  /** So much is at the source now, or not wanted any more. */
  public void sent(long size, long oldFiles) {
    lock.lock();
    try {
      bytes -= size;
      files -= oldFiles;
      leavings++;
      sent.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** The oldest change is so old. */
  public void age(long nanos) {
    lock.lock();
    try {
      ageNanos = nanos;
    } finally {
      lock.unlock();
    }
  }

  public Pressure pressure() {
    lock.lock();
    try {
      return new Pressure(bytes, files, ageNanos, usedLocked());
    } finally {
      lock.unlock();
    }
  }
}
