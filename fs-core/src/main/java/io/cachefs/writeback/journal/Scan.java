package io.cachefs.writeback.journal;

import io.cachefs.base.FsException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the heads of all frames, segment after segment, and notes where something does not fit.
 * What that means is decided when all is read. Owned by one thread.
 */
final class Scan {
  /** A frame that fits. */
  record Found(FrameHead frame, OpenedSegment segment, int offset) {
    int end() {
      return offset + frame.size();
    }
  }

  /**
   * A place where something does not fit.
   *
   * @param framesBefore how many frames were found before it
   * @param after the highest number before it
   */
  record Gap(
      int framesBefore, long after, OpenedSegment segment, long offset, long bytes, String what) {}

  private final FrameCodec codec;
  private final List<Found> frames = new ArrayList<>();
  private final List<Gap> gaps = new ArrayList<>();

  private @Nullable Window window;
  private int lastSegment;
  private long lastNumber;

  /** Checksum of the last frame; not known at the beginning and after a gap. */
  private int lastChecksum;

  private boolean isChainKnown;
  private long synced;

  Scan(FrameCodec codec) {
    this.codec = codec;
  }

  List<Found> frames() {
    return frames;
  }

  List<Gap> gaps() {
    return gaps;
  }

  /** Returns the highest number that something says was synced. */
  long synced() {
    return synced;
  }

  /** Goes on with the next segment. */
  void read(OpenedSegment segment) throws FsException {
    Window in = windowOf(segment);
    SegmentHeader header = segment.header();
    if (lastSegment != 0 && segment.number() != lastSegment + 1) {
      gap(segment, 0, 0, "segments before it are missing");
    }
    if (header == null) {
      gap(segment, 0, SegmentHeader.BYTES, "the header does not fit");
    } else {
      readHeader(segment, header);
    }
    lastSegment = segment.number();
    long offset = SegmentHeader.BYTES;
    while (offset < segment.size()) {
      FrameHead frame = frameAt(in, segment, offset);
      if (frame == null) {
        long next = nextFrame(in, segment, offset + FrameCodec.ALIGNMENT);
        gap(segment, offset, next - offset, "no frame begins here");
        offset = next;
      } else {
        add(segment, (int) offset, frame);
        offset += frame.size();
      }
    }
  }

  private void readHeader(OpenedSegment segment, SegmentHeader header) {
    synced = Math.max(synced, header.synced());
    if (lastSegment == 0) {
      lastNumber = header.first() - 1;
      lastChecksum = header.previous();
      isChainKnown = true;
    } else if (isChainKnown
        && (header.first() != lastNumber + 1 || header.previous() != lastChecksum)) {
      gap(segment, 0, 0, "frames before it are missing");
    }
    if (!isChainKnown && header.first() > lastNumber) {
      lastChecksum = header.previous();
      lastNumber = header.first() - 1;
      isChainKnown = true;
    }
  }

  private void add(OpenedSegment segment, int offset, FrameHead frame) {
    if (isChainKnown && (frame.number() != lastNumber + 1 || frame.previous() != lastChecksum)) {
      gap(segment, offset, 0, "the frame does not follow the one before");
    }
    synced = Math.max(synced, frame.synced());
    frames.add(new Found(frame, segment, offset));
    lastNumber = frame.number();
    lastChecksum = frame.checksum();
    isChainKnown = true;
  }

  private void gap(OpenedSegment segment, long offset, long bytes, String what) {
    gaps.add(new Gap(frames.size(), lastNumber, segment, offset, bytes, what));
    isChainKnown = false;
  }

  private Window windowOf(OpenedSegment segment) {
    if (window == null) {
      window = new Window(segment.file());
    } else {
      window.open(segment.file());
    }
    return window;
  }

  private @Nullable FrameHead frameAt(Window in, OpenedSegment segment, long offset)
      throws FsException {
    int at = in.at(offset, FrameCodec.FIXED);
    int length = at < 0 ? 0 : FrameCodec.headBytes(in.memory(), at);
    at = length == 0 ? -1 : in.at(offset, length);
    FrameHead frame = at < 0 ? null : codec.read(in.memory(), at, segment.number(), offset);
    // What has a lower number was written before, and was to be overwritten.
    boolean fits =
        frame != null && frame.number() > lastNumber && offset + frame.size() <= segment.size();
    return fits ? frame : null;
  }

  /** Returns where the next frame is at or after {@code offset}, or the end of the segment. */
  private long nextFrame(Window in, OpenedSegment segment, long offset) throws FsException {
    for (long at = offset; at + FrameCodec.FIXED <= segment.size(); at += FrameCodec.ALIGNMENT) {
      int index = in.at(at, FrameCodec.FIXED);
      if (index >= 0
          && in.memory().getInt(index + FrameCodec.AT_MARKER) == FrameCodec.MARKER
          && frameAt(in, segment, at) != null) {
        return at;
      }
    }
    return segment.size();
  }
}
