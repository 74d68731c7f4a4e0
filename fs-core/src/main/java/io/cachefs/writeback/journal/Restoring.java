package io.cachefs.writeback.journal;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.writeback.journal.Scan.Found;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Puts a journal in order by what a recovery found. Owned by the thread that opens the journal. */
final class Restoring {
  private static final int CHUNK = 64 << 10;

  /** In place of what was replayed. */
  @SuppressWarnings("NullAway") // never looked at
  private static final Found NONE = null;

  private final Disk disk;
  private final Recovery recovery;
  private final Log log;
  private final List<Segment> segments = new ArrayList<>();

  Restoring(Disk disk, Recovery recovery, Log log) {
    this.disk = disk;
    this.recovery = recovery;
    this.log = log;
  }

  void restore(Replay replay) throws FsException {
    List<OpenedSegment> kept = recovery.segments();
    for (int i = 0; i < kept.size(); i++) {
      Segment segment = new Segment(kept.get(i).number(), kept.get(i).file(), log.live());
      segment.setTail(recovery.tail(i));
      segments.add(segment);
    }
    log.restore(segments, recovery.lastNumber(), recovery.lastChecksum(), recovery.synced());
    repairHeaders();
    if (kept.isEmpty()) {
      removeSurplus();
      log.beginFirst(recovery.lastSegment() + 1);
      log.syncNow();
    } else {
      rewriteUnsynced();
      note();
      log.syncNow();
    }
    replay(replay);
  }

  private void note() throws FsException {
    if (recovery.isCut() || recovery.lastNumber() > recovery.synced()) {
      // The note goes over what is cut, so that what is known to be synced stays known if the
      // system crashes now. What is behind it does not follow it and is not read any more.
      log.note();
      log.cutBehindEnd();
      removeSurplus();
    }
  }

  /** Writes headers again of which only one copy fits, or none. */
  private void repairHeaders() throws FsException {
    for (int i = 0; i < segments.size(); i++) {
      OpenedSegment opened = recovery.segments().get(i);
      SegmentHeader header = opened.header();
      if (header != null && !opened.isHeaderWhole()) {
        opened.file().write(0, header.encoded());
        opened.file().sync();
      }
    }
  }

  /**
   * Writes again, as it is, what is not known to be synced: after a failed sync of an earlier life
   * the kernel takes its pages for written, and the next sync would not write them.
   */
  private void rewriteUnsynced() throws FsException {
    ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK);
    for (int i = 0; i < segments.size(); i++) {
      OpenedSegment opened = recovery.segments().get(i);
      SegmentHeader header = opened.header();
      long start = firstUnsynced(opened);
      if (header != null && header.first() > recovery.synced()) {
        opened.file().write(0, header.encoded());
        segments.get(i).setDirty(true);
      }
      if (start >= 0) {
        segments.get(i).setDirty(true);
      }
      for (long at = start; at >= 0 && at < segments.get(i).tail(); at += chunk.limit()) {
        chunk.clear().limit((int) Math.min(CHUNK, segments.get(i).tail() - at));
        if (opened.file().read(at, chunk) < chunk.limit()) {
          throw new FsException(Errno.EIO, "the journal became shorter");
        }
        opened.file().write(at, chunk.flip());
      }
    }
  }

  private long firstUnsynced(OpenedSegment opened) {
    for (Found found : recovery.frames()) {
      if (found.segment() == opened && found.frame().number() > recovery.synced()) {
        return found.offset();
      }
    }
    return -1;
  }

  private void removeSurplus() throws FsException {
    List<OpenedSegment> surplus = recovery.surplus();
    // From the end, so that what is left is always a whole number of them.
    for (int i = surplus.size() - 1; i >= 0; i--) {
      surplus.get(i).file().close();
      disk.remove(surplus.get(i).name());
    }
    if (!surplus.isEmpty()) {
      disk.syncDirectory();
    }
  }

  /** Tells each record once that was not ended; of one that was moved, the later copy is used. */
  private void replay(Replay replay) throws JournalException {
    List<Found> found = recovery.takeFrames();
    Ended ended = Ended.by(found);
    found.removeIf(each -> each.frame().kind() == Log.NOTE);
    for (Found each : found) {
      FrameHead frame = each.frame();
      segmentOf(each).add(each.offset(), payload(each), frame.size());
    }
    found.sort(
        Comparator.comparingLong((Found each) -> each.frame().sequence())
            .thenComparingLong(each -> each.frame().number()));
    for (int i = 0; i < found.size(); i++) {
      // What was replayed takes memory elsewhere.
      Found each = found.set(i, NONE);
      FrameHead frame = each.frame();
      boolean isCopied =
          i + 1 < found.size() && found.get(i + 1).frame().sequence() == frame.sequence();
      if (isCopied || ended.contains(frame.sequence())) {
        Segment segment = segmentOf(each);
        segment.kill(segment.recordAt(payload(each)));
      } else {
        Place place =
            new Place(
                frame.sequence(),
                each.segment().number(),
                payload(each),
                frame.payloadLength(),
                frame.payloadChecksum());
        replay.record(frame.kind(), frame.sequence(), frame.head(), place);
      }
    }
  }

  private static int payload(Found found) {
    return found.offset() + found.frame().payloadStart();
  }

  private Segment segmentOf(Found found) {
    return segments.get(recovery.segments().indexOf(found.segment()));
  }
}
