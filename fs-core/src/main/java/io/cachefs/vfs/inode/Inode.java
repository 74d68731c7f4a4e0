package io.cachefs.vfs.inode;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.Attributes;
import io.cachefs.base.Timestamp;
import io.cachefs.source.Pin;
import io.cachefs.source.SourceNode;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A file that the kernel knows by number. Thread-safe. */
public final class Inode {
  /** Two seconds is the coarsest step of times in use (FAT). */
  private static final long LONGEST_TICK_SECONDS = 2;

  private final long id;
  private final SourceNode node;

  private final AtomicInteger writers = new AtomicInteger();

  /** How often it was handed out and not given back; changed inside the table only. */
  private long references;

  /** Keeps the file reachable after its last name has gone. */
  @GuardedBy("this")
  private @Nullable Pin pin;

  /** Keeps the file reachable from a lookup to the open that follows. */
  @GuardedBy("this")
  private @Nullable Pin hold;

  /** True once the last reference was given back; no pin is taken any more. */
  @GuardedBy("this")
  private boolean forgotten;

  /** What the content was when it was opened last. */
  @GuardedBy("this")
  private @Nullable ContentStamp stamp;

  /** When the entries were last to be listed afresh. */
  @GuardedBy("this")
  private @Nullable Instant listed;

  /** Tells one state of a file's content from another. */
  private record ContentStamp(long size, Timestamp modified, Timestamp changed) {}

  Inode(long id, SourceNode node) {
    this.id = id;
    this.node = node;
  }

  public long id() {
    return id;
  }

  public SourceNode node() {
    return node;
  }

  long references() {
    return references;
  }

  void addReferences(long count) {
    references += count;
  }

  /** Keeps {@code newPin} until the inode is forgotten; one is enough, another is closed. */
  public void keep(Pin newPin) {
    synchronized (this) {
      if (pin == null && !forgotten) {
        pin = newPin;
        newPin.attach(node);
        return;
      }
    }
    newPin.close();
  }

  /** Keeps {@code newPin} until {@link #endHold}, or until the inode is forgotten. */
  public void hold(Pin newPin) {
    synchronized (this) {
      if (hold == null && !forgotten) {
        hold = newPin;
        newPin.attach(node);
        return;
      }
    }
    newPin.close();
  }

  /** Ends what {@link #hold} began; nothing happens if there is nothing to end. */
  public void endHold() {
    Pin last;
    synchronized (this) {
      last = hold;
      hold = null;
    }
    if (last != null) {
      last.close();
    }
  }

  /** Closes what kept the file reachable. */
  void forgotten() {
    Pin last;
    synchronized (this) {
      forgotten = true;
      last = pin;
      pin = null;
    }
    endHold();
    if (last != null) {
      last.close();
    }
  }

  /**
   * Notes the state of the content and returns whether it is surely the one noted before.
   *
   * <p>Where clocks of file systems tick slowly, two changes within one tick leave the same times.
   * A state is therefore noted only once it is older than any tick.
   *
   * @param attributes what is true at the time {@code now}
   */
  public synchronized boolean sameContentAs(Attributes attributes, Instant now) {
    ContentStamp seen =
        new ContentStamp(attributes.size(), attributes.modified(), attributes.changed());
    boolean same = seen.equals(stamp);
    boolean settled = attributes.changed().seconds() + LONGEST_TICK_SECONDS < now.getEpochSecond();
    stamp = settled ? seen : null;
    return same;
  }

  /**
   * As {@link #sameContentAs} for a directory whose listing may be used for a limited time.
   *
   * @param lifetime how long
   */
  public synchronized boolean sameListingAs(Attributes attributes, Instant now, Duration lifetime) {
    boolean same = sameContentAs(attributes, now);
    Instant last = listed;
    if (same && last != null && now.isBefore(last.plus(lifetime))) {
      return true;
    }
    listed = now;
    return false;
  }

  /** Counts one more handle through which the content may change. */
  public void writerOpened() {
    writers.incrementAndGet();
  }

  public void writerClosed() {
    int left = writers.decrementAndGet();
    assert left >= 0;
  }

  public boolean isOpenForWriting() {
    return writers.get() > 0;
  }
}
