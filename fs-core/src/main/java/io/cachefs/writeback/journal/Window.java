package io.cachefs.writeback.journal;

import io.cachefs.base.FsException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A part of a file in memory, for one thread that mostly goes forward. */
final class Window {
  private static final int LEAST = 4 << 10;
  private final ByteBuffer memory =
      ByteBuffer.allocateDirect(FrameCodec.FIXED + FrameCodec.MAX_HEAD + FrameCodec.MAX_PAYLOAD)
          .order(ByteOrder.LITTLE_ENDIAN);
  private DiskFile file;
  private long start;

  Window(DiskFile file) {
    this.file = file;
    memory.limit(0);
  }

  /** Goes over to another file. */
  void open(DiskFile other) {
    file = other;
    memory.limit(0);
  }

  /** Returns the memory; its limit is the end of what is there. */
  ByteBuffer memory() {
    return memory;
  }

  /**
   * Brings so many bytes into memory.
   *
   * @return the index in memory of the byte at {@code offset}, or -1 if the file ends before them
   */
  int at(long offset, int bytes) throws FsException {
    if (offset < start || offset + bytes > start + memory.limit()) {
      memory.clear().limit(Math.max(bytes, LEAST));
      start = offset;
      int count = file.read(offset, memory);
      memory.flip();
      if (count < bytes) {
        return -1;
      }
    }
    return (int) (offset - start);
  }
}
