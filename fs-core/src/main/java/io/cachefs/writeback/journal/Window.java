package io.cachefs.writeback.journal;

import io.cachefs.base.FsException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A part of a file in memory, for one thread that mostly goes forward. */
final class Window {
  private static final int LEAST = 4 << 10;
  private ByteBuffer memory = newMemory(2 * LEAST);
  private DiskFile file;
  private long start;

  Window(DiskFile file) {
    this.file = file;
    memory.limit(0);
  }

  private static ByteBuffer newMemory(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Goes over to another file. */
  void open(DiskFile other) {
    file = other;
    memory.limit(0);
  }

  /** Returns the memory; its limit is the end of what is there. Another after {@link #at}. */
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
      if (memory.capacity() < bytes) {
        memory = newMemory(FrameCodec.FIXED + FrameCodec.MAX_HEAD + FrameCodec.MAX_PAYLOAD);
      }
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
