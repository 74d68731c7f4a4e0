package io.cachefs.testing.posix;

import jnr.ffi.Pointer;

/** A mapped range of a file. */
public final class Mapping implements AutoCloseable {
  private final Pointer memory;
  private final long size;
  private boolean closed;

  Mapping(long address, long size) {
    this.memory = LibC.at(address, size);
    this.size = size;
  }

  /** The bytes at an offset, as a byte string. */
  public String get(long offset, int count) {
    byte[] result = new byte[count];
    memory.get(offset, result, 0, count);
    return LibC.text(result);
  }

  /** Stores the bytes of a byte string at an offset. */
  public void put(long offset, String content) {
    byte[] bytes = LibC.bytes(content);
    memory.put(offset, bytes, 0, bytes.length);
  }

  /** Writes the stored pages to the file and waits for them. */
  public void sync() {
    LibC.call(Sys.MSYNC, memory, size, Flags.MS_SYNC);
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      LibC.call(Sys.MUNMAP, memory, size);
    }
  }
}
