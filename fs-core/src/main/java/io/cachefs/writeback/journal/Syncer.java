package io.cachefs.writeback.journal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Lets one thread at a time sync for all that wait. Who comes while a sync runs waits for the next
 * one, which may have begun before his record was written. Thread-safe.
 */
final class Syncer {
  /** What is to be synced. */
  interface Log {
    /** Returns the number of the last frame, and syncs all up to it. */
    long syncAll() throws FsException;
  }

  private final Log log;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition ended = lock.newCondition();

  @GuardedBy("lock")
  private boolean running;

  private final AtomicLong groups = new AtomicLong();
  private volatile long synced;
  private volatile @Nullable String failure;

  Syncer(Log log) {
    this.log = log;
  }

  /** Returns the highest number known to be synced. */
  long synced() {
    return synced;
  }

  /** Notes, before there are other threads, what was synced by others. */
  void startAt(long number) {
    synced = number;
  }

  /** Returns how often a group was synced. */
  long groups() {
    return groups.get();
  }

  /** Returns why nothing may be promised any more, or null. */
  @Nullable String failure() {
    return failure;
  }

  /** Ends all promises: what is synced now stays so, nothing more will be. */
  void fail(String why) {
    if (failure == null) {
      failure = why;
    }
  }

  /** Throws if nothing may be promised any more. */
  void requireSound() throws JournalException {
    String why = failure;
    if (why != null) {
      throw new JournalException(JournalException.Kind.FAILED, Errno.EIO, "journal failed: " + why);
    }
  }

  /** Returns when the frame of that number is synced, by this thread or another. */
  void commit(long number) throws JournalException {
    while (synced < number) {
      if (isMyTurn(number)) {
        syncForAll();
      }
    }
  }

  private boolean isMyTurn(long number) throws JournalException {
    lock.lock();
    try {
      while (running && synced < number) {
        ended.awaitUninterruptibly();
      }
      if (synced >= number) {
        return false;
      }
      requireSound();
      running = true;
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void syncForAll() {
    long reached = synced;
    String why = "a sync was interrupted by a fault";
    try {
      reached = log.syncAll();
      why = null;
    } catch (FsException e) {
      // The kernel reports a page that was not written once, and takes it for written afterwards.
      why = "sync: " + e.getMessage();
    } finally {
      lock.lock();
      try {
        running = false;
        if (why != null) {
          fail(why);
        } else {
          synced = reached;
          groups.incrementAndGet();
        }
        ended.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }
}
