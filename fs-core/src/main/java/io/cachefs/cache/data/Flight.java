package io.cachefs.cache.data;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import org.jspecify.annotations.Nullable;

/** A fetch that is on its way: who needs one of its blocks waits for it. Thread-safe. */
final class Flight {
  final long first;
  final long last;

  @GuardedBy("this")
  private @Nullable Outcome outcome;

  @GuardedBy("this")
  private @Nullable FsException failure;

  Flight(long first, long last) {
    this.first = first;
    this.last = last;
  }

  /** How a fetch ended. */
  enum Outcome {
    /** The blocks are there. */
    STORED,
    /** The bytes came, but there was no room for them. */
    NOT_STORED,
    /** The origin failed, or the fetcher did. */
    FAILED
  }

  boolean touches(long block) {
    return first <= block && block <= last;
  }

  /** Waits for the end. */
  synchronized Outcome await() throws FsException {
    while (outcome == null) {
      try {
        wait();
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        throw new FsException(Errno.EINTR, "interrupted while another fetched", interrupted);
      }
    }
    return outcome;
  }

  /** Returns why it failed, if the origin said why. */
  synchronized @Nullable FsException failure() {
    return failure;
  }

  synchronized void end(Outcome result, @Nullable FsException why) {
    outcome = result;
    failure = why;
    notifyAll();
  }
}
