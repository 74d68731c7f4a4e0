package io.cachefs.cache.budget;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.store.BlobStore.Free;
import io.cachefs.store.StoreException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

/**
 * What may still be taken of the file system before a floor is reached. Thread-safe; the file
 * system is asked without a lock.
 *
 * <p>It is asked at times only. In between, what was reserved since is counted. What was reserved
 * shortly before may not have been written when the question was asked, so all of this interval and
 * of the one before counts as not written.
 */
final class FreeSpace {
  /** The longest time an answer is used. */
  static final long INTERVAL_NANOS = 200_000_000;

  /** What may be reserved by then before the file system is asked again. */
  static final long INTERVAL_BYTES = 64L << 20;

  private final Bounds bounds;
  private final Asked asked;
  private final LongSupplier nanos;
  private final AtomicBoolean asking = new AtomicBoolean();
  private volatile long askedAtNanos;

  // Written under the lock, and read without it by those who only want to know.

  private volatile long bytesLeft;
  private volatile long filesLeft;
  private volatile long bytesSinceAsked;

  // What was reserved in this interval and in the one before.

  @GuardedBy("this")
  private long bytesNow;

  @GuardedBy("this")
  private long filesNow;

  @GuardedBy("this")
  private long bytesBefore;

  @GuardedBy("this")
  private long filesBefore;

  @GuardedBy("this")
  private long intervalAtNanos;

  /** The question, which is answered by a system call. */
  interface Asked {
    Free free() throws StoreException;
  }

  FreeSpace(Bounds bounds, Asked asked, LongSupplier nanos) {
    this.bounds = bounds;
    this.asked = asked;
    this.nanos = nanos;
    this.intervalAtNanos = nanos.getAsLong();
    ask();
  }

  /** Returns whether the answer is old. */
  boolean isStale() {
    return bytesSinceAsked >= INTERVAL_BYTES || nanos.getAsLong() - askedAtNanos >= INTERVAL_NANOS;
  }

  /** Asks the file system, unless another thread is asking just now. */
  void ask() {
    if (!asking.compareAndSet(false, true)) {
      return;
    }
    try {
      beginInterval(nanos.getAsLong());
      answer(asked.free());
    } catch (StoreException e) {
      // What was left before is still a bound, and it only gets smaller until there is an answer.
      return;
    } finally {
      askedAtNanos = nanos.getAsLong();
      asking.set(false);
    }
  }

  private synchronized void beginInterval(long now) {
    if (now - intervalAtNanos >= INTERVAL_NANOS) {
      intervalAtNanos = now;
      bytesBefore = bytesNow;
      filesBefore = filesNow;
      bytesNow = 0;
      filesNow = 0;
    }
    bytesSinceAsked = 0;
  }

  private synchronized void answer(Free free) {
    // A file system without a fixed number of inodes says that it has 0 of them.
    long inodes = free.totalInodes() == 0 ? Long.MAX_VALUE / 2 : free.inodes();
    long aboveFloor = free.bytes() - bounds.freeBytes() - Bounds.INDEX_GROWTH;
    bytesLeft = aboveFloor - bytesBefore - bytesNow;
    filesLeft = inodes - bounds.freeInodes() - filesBefore - filesNow;
  }

  /** Takes so much; false if a floor would be reached. */
  synchronized boolean tryTake(long bytes, long files) {
    if ((bytes > 0 && bytesLeft < bytes) || (files > 0 && filesLeft < files)) {
      return false;
    }
    bytesLeft -= bytes;
    filesLeft -= files;
    bytesNow += bytes;
    filesNow += files;
    bytesSinceAsked += bytes;
    return true;
  }

  long bytesLeft() {
    return bytesLeft;
  }

  long filesLeft() {
    return filesLeft;
  }
}
