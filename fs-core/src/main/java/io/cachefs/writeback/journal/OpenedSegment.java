package io.cachefs.writeback.journal;

import io.cachefs.base.FsException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** A segment as it was found. Owned by the thread that opens the journal. */
final class OpenedSegment {
  private final int number;
  private final String name;
  private final DiskFile file;
  private final long size;
  private final @Nullable SegmentHeader header;
  private final boolean isHeaderWhole;

  private OpenedSegment(int number, String name, DiskFile file) throws FsException {
    this.number = number;
    this.name = name;
    this.file = file;
    // No segment is that long; what is behind it is not ours.
    size = Math.min(file.size(), Integer.MAX_VALUE & -FrameCodec.ALIGNMENT);
    SegmentHeader first = headerAt(0);
    SegmentHeader second = headerAt(SegmentHeader.PAGE);
    header = first == null ? second : first;
    isHeaderWhole = first != null && second != null;
  }

  static OpenedSegment open(Disk disk, String name) throws FsException {
    DiskFile file = disk.open(name, false);
    try {
      return new OpenedSegment(SegmentHeader.numberOf(name), name, file);
    } catch (FsException e) {
      file.close();
      throw e;
    }
  }

  private @Nullable SegmentHeader headerAt(int offset) throws FsException {
    ByteBuffer page = ByteBuffer.allocateDirect(SegmentHeader.PAGE);
    int unused = file.read(offset, page);
    SegmentHeader read = SegmentHeader.read(page.flip(), 0);
    boolean fits =
        read != null && (read.version() > SegmentHeader.VERSION || read.segment() == number);
    return fits ? read : null;
  }

  int number() {
    return number;
  }

  String name() {
    return name;
  }

  DiskFile file() {
    return file;
  }

  long size() {
    return size;
  }

  /** Returns what one of the two copies says, or null. */
  @Nullable SegmentHeader header() {
    return header;
  }

  boolean isHeaderWhole() {
    return isHeaderWhole;
  }
}
