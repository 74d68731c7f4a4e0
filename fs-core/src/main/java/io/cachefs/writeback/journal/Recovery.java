package io.cachefs.writeback.journal;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.writeback.journal.JournalException.Kind;
import io.cachefs.writeback.journal.Scan.Found;
import io.cachefs.writeback.journal.Scan.Gap;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds out what of a journal holds: the end that was never synced and is torn is to be cut, what
 * does not fit although it was synced is damage. Owned by the thread that opens the journal.
 */
final class Recovery {
  private final Disk disk;
  private final List<OpenedSegment> segments = new ArrayList<>();
  private final List<Damage> damages = new ArrayList<>();
  private List<Found> kept = new ArrayList<>();
  private @Nullable FrameCodec codec;
  private long synced;
  private long cutBytes;
  private boolean isCut;

  /** How many segments, the oldest first, are not to be removed. */
  private int segmentsKept;

  private Recovery(Disk disk) {
    this.disk = disk;
  }

  /** Reads a journal and changes nothing. */
  static Recovery read(Disk disk) throws JournalException {
    Recovery recovery = new Recovery(disk);
    boolean done = false;
    try {
      recovery.readAll();
      done = true;
    } catch (FsException e) {
      throw JournalException.of("opening", e);
    } finally {
      if (!done) {
        recovery.segments.forEach(segment -> segment.file().close());
      }
    }
    return recovery;
  }

  private void readAll() throws FsException {
    for (String name : disk.names().stream().sorted().toList()) {
      if (SegmentHeader.numberOf(name) > 0) {
        segments.add(OpenedSegment.open(disk, name));
      }
    }
    SegmentHeader known = null;
    for (OpenedSegment segment : segments) {
      SegmentHeader header = segment.header();
      if (header != null && header.version() > SegmentHeader.VERSION) {
        throw new JournalException(
            Kind.NEWER_FORMAT,
            Errno.EIO,
            "the journal has format " + header.version() + ", which is newer than this cachefs");
      }
      known = header == null ? known : header;
    }
    if (known == null) {
      requireNothingLost();
      return;
    }
    codec = new FrameCodec(known.salt());
    Scan scan = new Scan(codec);
    for (OpenedSegment segment : segments) {
      scan.read(segment);
    }
    decide(scan);
  }

  /** Without any header only files can be there whose making was interrupted. */
  private void requireNothingLost() throws JournalException {
    for (OpenedSegment segment : segments) {
      if (segment.size() > SegmentHeader.BYTES) {
        throw new JournalException(
            Kind.DAMAGED, Errno.EIO, "the journal has no header that can be read");
      }
    }
  }

  private void decide(Scan scan) throws FsException {
    synced = scan.synced();
    List<Found> frames = scan.frames();
    int end = frames.size();
    segmentsKept = segments.size();
    for (Gap gap : scan.gaps()) {
      if (gap.after() >= synced) {
        end = gap.framesBefore();
        isCut = true;
        // A segment that does not begin as it should was never synced as a whole.
        int index = segments.indexOf(gap.segment());
        segmentsKept = gap.offset() < SegmentHeader.BYTES ? index : index + 1;
        break;
      }
      damages.add(
          new Damage(gap.segment().number(), gap.offset(), gap.bytes(), gap.after(), gap.what()));
    }
    int whole = firstTorn(frames, end);
    if (whole < end) {
      isCut = true;
      segmentsKept = segments.indexOf(frames.get(whole).segment()) + 1;
    }
    frames.subList(whole, frames.size()).clear();
    kept = frames;
    for (int i = 0; i < segments.size() && isCut; i++) {
      int from = i >= segmentsKept ? 0 : tail(i);
      cutBytes += Math.max(0, segments.get(i).size() - from);
    }
    for (Found found : kept) {
      if (found.frame().isPayloadLost()) {
        damages.add(
            new Damage(
                found.segment().number(),
                found.offset(),
                found.frame().payloadLength(),
                found.frame().sequence(),
                "the payload was lost before the record was moved here"));
      }
    }
  }

  /**
   * Returns which of the frames that are not known to be synced is the first with a bad payload.
   */
  private int firstTorn(List<Found> frames, int end) throws FsException {
    ByteBuffer payload = ByteBuffer.allocateDirect(0);
    for (int i = 0; i < end; i++) {
      FrameHead frame = frames.get(i).frame();
      if (frame.number() > synced && frame.storedPayload() > 0) {
        if (payload.capacity() < frame.storedPayload()) {
          payload = ByteBuffer.allocateDirect(FrameCodec.MAX_PAYLOAD);
        }
        payload.clear().limit(frame.storedPayload());
        int at = frames.get(i).offset() + frame.payloadStart();
        int count = frames.get(i).segment().file().read(at, payload);
        payload.flip();
        if (count < frame.storedPayload()
            || FrameCodec.payloadChecksum(payload) != frame.payloadChecksum()) {
          return i;
        }
      }
    }
    return end;
  }

  /** Returns where what is kept of a segment ends. */
  int tail(int index) {
    OpenedSegment segment = segments.get(index);
    if (!isCut || index < segmentsKept - 1) {
      int size = (int) (segment.size() + FrameCodec.ALIGNMENT - 1) & -FrameCodec.ALIGNMENT;
      return Math.max(SegmentHeader.BYTES, size);
    }
    Found last = kept.isEmpty() ? null : kept.get(kept.size() - 1);
    return last != null && last.segment() == segment ? last.end() : SegmentHeader.BYTES;
  }

  /** Returns whether there is something behind the end of what is kept. */
  boolean isCut() {
    return isCut;
  }

  /** Returns how frames are read and written, or null if there is no journal yet. */
  @Nullable FrameCodec codec() {
    return segmentsKept == 0 ? null : codec;
  }

  /** Returns what stays, in the order of the numbers. */
  List<OpenedSegment> segments() {
    return segments.subList(0, segmentsKept);
  }

  /** Returns what is to be removed. */
  List<OpenedSegment> surplus() {
    return segments.subList(segmentsKept, segments.size());
  }

  /** Returns the frames that stay, in the order they were written. */
  List<Found> frames() {
    return kept;
  }

  /** As {@link #frames}, which are not known here any more then: there may be millions. */
  List<Found> takeFrames() {
    List<Found> taken = kept;
    kept = new ArrayList<>();
    return taken;
  }

  /** Returns up to which number the disk was known to be in order. */
  long synced() {
    return synced;
  }

  long cutBytes() {
    return cutBytes;
  }

  List<Damage> damages() {
    return damages;
  }

  /** Returns the number of the last frame that stays or was removed in order. */
  long lastNumber() {
    long last = kept.isEmpty() ? 0 : kept.get(kept.size() - 1).frame().number();
    SegmentHeader header = lastHeader();
    // Numbers that were synced are not used again, even if their frames are lost.
    return Math.max(synced, header == null ? last : Math.max(last, header.first() - 1));
  }

  /** Returns the checksum of the frame of that number, as well as it is known. */
  int lastChecksum() {
    SegmentHeader header = lastHeader();
    if (header != null && header.first() - 1 == lastNumber()) {
      return header.previous();
    }
    return kept.isEmpty() ? 0 : kept.get(kept.size() - 1).frame().checksum();
  }

  private @Nullable SegmentHeader lastHeader() {
    return segmentsKept == 0 ? null : segments.get(segmentsKept - 1).header();
  }

  /** Returns the highest number of a file, 0 if there is none. */
  int lastSegment() {
    return segments.isEmpty() ? 0 : segments.get(segments.size() - 1).number();
  }
}
