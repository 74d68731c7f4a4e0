package io.cachefs.vfs;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.source.Pin;
import io.cachefs.vfs.inode.Inode;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Keeps what was just looked up within reach until it is opened. A file that is replaced often can
 * be gone by the time it is opened, and the kernel looks a name up anew only once. So after a file
 * was gone, those looked up next are kept for a while. Thread-safe.
 */
final class Holds {
  /** Longer than the kernel takes to look up again, also on a busy machine. */
  private static final long WINDOW_MILLIS = 1_000;

  /** As many descriptors at most. */
  private static final int MOST = 64;

  private final InstantSource time;

  /** No file was gone since this, less the window. */
  private volatile long until;

  @GuardedBy("this")
  private final Deque<Inode> held = new ArrayDeque<>(MOST);

  @GuardedBy("this")
  private boolean closed;

  Holds(InstantSource time) {
    this.time = time;
  }

  /** Notes that a file was gone when it was to be used. */
  void noteGone() {
    until = time.millis() + WINDOW_MILLIS;
  }

  /** Returns whether files that are looked up now are to be kept. */
  boolean areDue() {
    long last = until;
    return last != 0 && time.millis() < last;
  }

  /** Takes over a pin of the file; the eldest one ends if there are too many. */
  void hold(Inode inode, Pin pin) {
    inode.hold(pin);
    Inode eldest = null;
    synchronized (this) {
      held.remove(inode);
      held.add(inode);
      if (closed || held.size() > MOST) {
        eldest = held.poll();
      }
    }
    if (eldest != null) {
      eldest.endHold();
    }
  }

  /** Ends all; what is held from now on ends at once. */
  void close() {
    Inode next;
    do {
      synchronized (this) {
        closed = true;
        next = held.poll();
      }
      if (next != null) {
        next.endHold();
      }
    } while (next != null);
  }
}
