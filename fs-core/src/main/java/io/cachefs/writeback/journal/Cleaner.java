package io.cachefs.writeback.journal;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.writeback.journal.JournalException.Kind;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Removes the oldest segment, and only that: so whatever ended a record is removed after it. Before
 * it is removed all that was appended is synced, because the record that ended what is in it must
 * not be lost while that is gone. Thread-safe.
 */
final class Cleaner {
  /** A live record of a segment. */
  record Live(int record, int start) {}

  private final Log log;
  private final Disk disk;
  private final Room room;
  private final FrameCodec codec;
  private final AtomicLong moved = new AtomicLong();

  /** Held while a segment is cleaned; nobody who holds another lock waits for it. */
  private final ReentrantLock lock = new ReentrantLock();

  Cleaner(Log log, Disk disk, Room room, long salt) {
    this.log = log;
    this.disk = disk;
    this.room = room;
    codec = new FrameCodec(salt);
  }

  /** Returns how many records were written again. */
  long moved() {
    return moved.get();
  }

  /** Cleans while it is worth it; returns whether a segment was removed. */
  boolean clean() throws JournalException {
    lock.lock();
    try {
      boolean removed = false;
      while (cleanOldest(log.oldestToClean(false))) {
        removed = true;
      }
      return removed;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Cleans one segment because there is no room, also if it is hardly worth it; returns whether it
   * was removed.
   */
  boolean cleanForRoom() throws JournalException {
    lock.lock();
    try {
      return cleanOldest(log.oldestToClean(true));
    } finally {
      lock.unlock();
    }
  }

  private boolean cleanOldest(@Nullable Segment oldest) throws JournalException {
    if (oldest == null) {
      return false;
    }
    try {
      if (!moveLive(oldest)) {
        return false;
      }
      log.syncer().commit(log.lastNumber());
      remove(oldest);
      return true;
    } catch (FsException e) {
      throw JournalException.of("cleaning", e);
    }
  }

  /** Writes again what is live in a segment; false if there is no room for it. */
  private boolean moveLive(Segment segment) throws FsException {
    Window window = null;
    for (Live live : log.liveIn(segment)) {
      if (window == null) {
        window = new Window(segment.file);
      }
      FrameHead frame = frameAt(window, segment, live.start());
      int size = frame.size();
      if (!room.reserveToFree(size)) {
        return false;
      }
      boolean isMoved = false;
      try {
        isMoved = move(window, segment, live, frame);
      } finally {
        if (!isMoved) {
          room.release(size);
        }
      }
    }
    return true;
  }

  private FrameHead frameAt(Window window, Segment segment, int start) throws FsException {
    int at = window.at(start, FrameCodec.FIXED);
    int length = at < 0 ? 0 : FrameCodec.headBytes(window.memory(), at);
    at = length == 0 ? -1 : window.at(start, length);
    @Nullable FrameHead frame =
        at < 0 ? null : codec.read(window.memory(), at, segment.number, start);
    if (frame == null) {
      // It was right once and is needed: the segment stays.
      throw new JournalException(
          Kind.DAMAGED, Errno.EIO, "segment " + segment.number + " of the journal is damaged");
    }
    return frame;
  }

  private boolean move(Window window, Segment segment, Live live, FrameHead frame)
      throws FsException {
    int from = window.at(live.start() + (long) frame.payloadStart(), frame.storedPayload());
    ByteBuffer payload = window.memory().slice();
    if (from >= 0) {
      payload.limit(from + frame.storedPayload()).position(from);
    }
    boolean fits =
        frame.isPayloadLost()
            || (from >= 0 && FrameCodec.payloadChecksum(payload) == frame.payloadChecksum());
    boolean isMoved =
        log.move(segment, live.record(), fits ? frame : frame.withPayloadLost(), payload);
    if (isMoved) {
      moved.incrementAndGet();
    }
    return isMoved;
  }

  private void remove(Segment oldest) throws FsException {
    int bytes = Log.charge(oldest);
    try {
      disk.remove(SegmentHeader.nameOf(oldest.number));
    } catch (FsException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
    }
    try {
      // The next one must not be removed before this one is, whatever happens.
      disk.syncDirectory();
    } catch (FsException e) {
      log.syncer().fail("sync of the directory: " + e.getMessage());
      throw e;
    }
    log.forget(oldest);
    room.release(bytes);
  }
}
