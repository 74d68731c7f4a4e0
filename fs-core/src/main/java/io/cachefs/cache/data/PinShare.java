package io.cachefs.cache.data;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.store.ContentRecord;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What one content takes of the quota of pins: as much as it is charged with, while it is pinned. A
 * content that the quota has no room for ends to be pinned. Thread-safe.
 */
final class PinShare {
  private final Space space;

  @GuardedBy("this")
  private long taken;

  private volatile boolean pinned;

  /** Goes on with what the record of a content says. */
  PinShare(Space space, @Nullable ContentRecord record) {
    this.space = space;
    if (record != null && isPinned(record)) {
      synchronized (this) {
        taken = record.storedBytes();
        pinned = true;
      }
    }
  }

  static boolean isPinned(ContentRecord record) {
    return (record.flags() & ContentRecord.PINNED) != 0;
  }

  boolean isPinned() {
    return pinned;
  }

  /** Pins a content that is charged with so much, or ends that; false if the quota is used up. */
  synchronized boolean set(boolean wanted, AtomicLong charged) {
    if (!wanted) {
      end();
      return true;
    }
    pinned = true;
    return follow(charged);
  }

  /** Takes or gives back what the charge has changed by; false if it is not pinned after it. */
  synchronized boolean follow(AtomicLong charged) {
    if (!pinned) {
      return false;
    }
    long more = charged.get() - taken;
    if (more > 0 && !space.tryPin(more)) {
      end();
      return false;
    }
    if (more < 0) {
      space.unpin(-more);
    }
    taken += more;
    return true;
  }

  /** Gives back everything; the content is not pinned any more. */
  synchronized void end() {
    space.unpin(taken);
    taken = 0;
    pinned = false;
  }
}
