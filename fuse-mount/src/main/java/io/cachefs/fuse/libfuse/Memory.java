package io.cachefs.fuse.libfuse;

import com.kenai.jffi.MemoryIO;
import java.nio.ByteBuffer;

/** Memory of libfuse by address. */
final class Memory {
  private static final MemoryIO MEMORY = MemoryIO.getInstance();

  private Memory() {}

  static int int32(long address) {
    return MEMORY.getInt(address);
  }

  static void int32(long address, int value) {
    MEMORY.putInt(address, value);
  }

  static long int64(long address) {
    return MEMORY.getLong(address);
  }

  static void int64(long address, long value) {
    MEMORY.putLong(address, value);
  }

  /** Returns the bytes up to the first NUL. */
  static byte[] text(long address) {
    return MEMORY.getZeroTerminatedByteArray(address);
  }

  static byte[] bytes(long address, int length) {
    byte[] bytes = new byte[length];
    MEMORY.getByteArray(address, bytes, 0, length);
    return bytes;
  }

  static void bytes(long address, byte[] bytes, int length) {
    MEMORY.putByteArray(address, bytes, 0, length);
  }

  static void clear(long address, long length) {
    MEMORY.setMemory(address, length, (byte) 0);
  }

  /** Returns the memory itself as a buffer, without a copy; not to be used after libfuse's call. */
  static ByteBuffer view(long address, int length) {
    return MEMORY.newDirectByteBuffer(address, length);
  }

  static long allocate(long size) {
    long address = MEMORY.allocateMemory(size, true);
    if (address == 0) {
      throw new OutOfMemoryError("no native memory");
    }
    return address;
  }

  static void free(long address) {
    MEMORY.freeMemory(address);
  }
}
