package io.cachefs.source.posix;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Tells whoever does not find a file by its names whether a rename made through this source is the
 * reason. Between the system call and the moment the new name is noted, the file is at neither the
 * old name nor a known new one. Thread-safe.
 */
final class Renames {
  /** Renames share it; who waits for those that run takes it alone for a moment. */
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();

  private final AtomicLong ended = new AtomicLong();

  /** Starts a rename. Until {@link #end} the thread must not look for a file by its names. */
  void begin() {
    lock.readLock().lock();
  }

  /** Ends a rename: the new name is noted. */
  void end() {
    ended.incrementAndGet();
    lock.readLock().unlock();
  }

  /** Returns a point to compare with later. */
  long mark() {
    return ended.get();
  }

  /** Waits for the renames that run now, and returns whether any ended since {@code mark}. */
  boolean endedSince(long mark) {
    lock.writeLock().lock();
    try {
      return ended.get() != mark;
    } finally {
      lock.writeLock().unlock();
    }
  }
}
