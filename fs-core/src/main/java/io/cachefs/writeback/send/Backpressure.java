package io.cachefs.writeback.send;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Bounds what is changed here and not at the source. Thread-safe.
 *
 * <p>From half of a limit on, changes are sent without the delay they otherwise have. Above three
 * quarters writers are slowed, the more the nearer it is; at the limit they wait until something
 * was sent. If nothing can be sent they wait so long as is allowed, then fail with ENOSPC. What
 * frees something is not slowed, and has a quarter of each limit on top.
 */
public final class Backpressure {
  private static final Logger LOG = LoggerFactory.getLogger(Backpressure.class);

  private static final double HURRY_FROM = 0.5;
  private static final double SLOW_FROM = 0.75;
  private static final double TO_FREE = 1.25;
  private static final long SLOWEST_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  /** The log says so seldom that writers fail. */
  private static final long SAY_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final Limits limits;
  private final Load load;
  private final Sending sending;
  private final LongSupplier ticks;
  private final ReentrantLock lock = new ReentrantLock();

  // What was let in and is not part of the load yet, or is already.

  @GuardedBy("lock")
  private long bytesInside;

  @GuardedBy("lock")
  private long filesInside;

  @GuardedBy("lock")
  private boolean wasSaid;

  @GuardedBy("lock")
  private long saidAt;

  private volatile boolean hurried;

  /**
   * How much may wait.
   *
   * @param bytes in the journal, of what is not at the source
   * @param files that differ from the source, or operations if those are more
   * @param memory that it takes, as it is estimated
   * @param age of the oldest change, above which writers are slowed most, but not stopped
   * @param patience how long a writer waits at a limit while nothing can be sent
   */
  public record Limits(long bytes, long files, long memory, Duration age, Duration patience) {}

  /** What waits now. Asked for each change. */
  public interface Load {
    long bytes();

    long files();

    long memory();

    /** Returns how long the oldest change waits. */
    long ageNanos();
  }

  /** Who sends. */
  public interface Sending {
    /** Returns whether nothing can be sent for now. */
    boolean isStuck();

    /** Says whether what waits is sent without delay. */
    void hurry(boolean now);

    /** Lets go at once of what was sent. */
    void settle();
  }

  /** What waits now, and which part of the limit that is nearest it is. */
  public record Pressure(long bytes, long files, long memory, long ageNanos, double used) {}

  /**
   * @param ticks a clock that only goes forward
   */
  public Backpressure(Limits limits, Load load, Sending sending, LongSupplier ticks) {
    this.limits = limits;
    this.load = load;
    this.sending = sending;
    this.ticks = ticks;
  }

  /**
   * Lets a change of so many bytes and new files in, which counts by itself until {@link #done}.
   * Slows the caller or makes it wait; must be called without any lock.
   *
   * @param frees whether something is freed by it, or can be after it
   */
  public void admit(long bytes, long files, boolean frees) throws FsException {
    Patience patience = null;
    while (!tryEnter(bytes, files, frees ? TO_FREE : 1)) {
      hurry(true);
      patience = patience == null ? new Patience() : patience;
      patience.await();
    }
    double used = used();
    hurry(used >= HURRY_FROM);
    double above = Math.min(1, (used - SLOW_FROM) / (1 - SLOW_FROM));
    if (above > 0 && !frees && !sending.isStuck()) {
      sleepOrLeave((long) (above * above * SLOWEST_NANOS), bytes, files);
    }
  }

  private boolean tryEnter(long bytes, long files, double part) {
    lock.lock();
    try {
      long bytesNow = load.bytes() + bytesInside;
      long filesNow = load.files() + filesInside;
      // One change is let in even if it is larger than the limit, when nothing else is there.
      boolean full =
          (bytes > 0 && bytesNow > 0 && bytesNow + bytes > part * limits.bytes)
              || (files > 0 && filesNow > 0 && filesNow + files > part * limits.files)
              || load.memory() > part * limits.memory;
      if (!full) {
        bytesInside += bytes;
        filesInside += files;
      }
      return !full;
    } finally {
      lock.unlock();
    }
  }

  /** A change that was let in is part of the load now, or did not come about. */
  public void done(long bytes, long files) {
    lock.lock();
    try {
      bytesInside -= bytes;
      filesInside -= files;
    } finally {
      lock.unlock();
    }
  }

  private void hurry(boolean now) {
    if (hurried != now) {
      hurried = now;
      sending.hurry(now);
    }
  }

  private void sleepOrLeave(long nanos, long bytes, long files) throws FsException {
    boolean done = false;
    try {
      sleep(nanos);
      done = true;
    } finally {
      if (!done) {
        done(bytes, files);
      }
    }
  }

  private static void sleep(long nanos) throws FsException {
    try {
      TimeUnit.NANOSECONDS.sleep(nanos);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FsException(Errno.EINTR);
    }
  }

  private double used() {
    double age = 0;
    if (!limits.age.isZero()) {
      // How old it is says nothing while it cannot be sent.
      long nanos = load.ageNanos();
      age = nanos > limits.age.toNanos() && !sending.isStuck() ? 1 : 0;
    }
    double bytes = (double) load.bytes() / limits.bytes;
    double files = (double) load.files() / limits.files;
    double memory = (double) load.memory() / limits.memory;
    return Math.max(age, Math.max(memory, Math.max(bytes, files)));
  }

  /** Begins to wait for room that only sending can make. */
  public Patience patience() {
    hurry(true);
    return new Patience();
  }

  /** How long one writer waits still. Owned by its thread. */
  public final class Patience {
    private long left = limits.patience.toNanos();
    private long leastBytes = load.bytes();
    private long leastFiles = load.files();
    private long last = ticks.getAsLong();

    private Patience() {}

    /** Waits for a moment; fails with ENOSPC when nothing was sent for too long. */
    public void await() throws FsException {
      sending.settle();
      boolean nothingGoes = sending.isStuck() || load.files() == 0;
      long bytes = load.bytes();
      long files = load.files();
      long now = ticks.getAsLong();
      if (bytes < leastBytes || files < leastFiles) {
        left = limits.patience.toNanos();
        leastBytes = Math.min(bytes, leastBytes);
        leastFiles = Math.min(files, leastFiles);
      } else if (nothingGoes) {
        left -= now - last;
      }
      last = now;
      if (left <= 0) {
        say(bytes, files);
        throw new FsException(
            Errno.ENOSPC, "too much waits to be sent, and the source does not take it");
      }
      sleep(LOOK_NANOS);
    }
  }

  private void say(long bytes, long files) {
    lock.lock();
    try {
      if (wasSaid && ticks.getAsLong() - saidAt < SAY_NANOS) {
        return;
      }
      wasSaid = true;
      saidAt = ticks.getAsLong();
    } finally {
      lock.unlock();
    }
    LOG.warn(
        "Writers are told ENOSPC: {} bytes of {} files wait to be sent, which is all that may or"
            + " can wait, and the source has taken nothing for {} s",
        bytes,
        files,
        limits.patience.toSeconds());
  }

  public Limits limits() {
    return limits;
  }

  public Pressure pressure() {
    return new Pressure(load.bytes(), load.files(), load.memory(), load.ageNanos(), used());
  }
}
