package io.cachefs.sys;

import java.nio.ByteBuffer;

/**
 * Memory outside the heap whose address is known, so that system calls on it cost nothing extra. It
 * is freed when neither this object nor the buffer is reachable.
 */
public final class NativeBuffer {
  private final ByteBuffer buffer;
  private final long address;

  /** Allocates zeroed memory in the machine's byte order. */
  public NativeBuffer(int size) {
    buffer = Native.allocate(size);
    address = Native.addressOf(buffer);
  }

  /** Returns the memory, always the same buffer. */
  public ByteBuffer buffer() {
    return buffer;
  }

  long address() {
    return address;
  }

  int size() {
    return buffer.capacity();
  }
}
