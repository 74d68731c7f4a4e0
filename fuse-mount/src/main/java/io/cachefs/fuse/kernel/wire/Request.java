package io.cachefs.fuse.kernel.wire;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import java.nio.ByteBuffer;

/**
 * A view of one request at the start of a buffer: {@code fuse_in_header} and the bytes after it.
 * Owned by one thread, used again for each request.
 *
 * <p>Body offsets count from the end of the header. Reading past the end of the request fails with
 * EINVAL, so a short request is answered and harms nobody.
 */
public final class Request {
  /** Size of {@code struct fuse_in_header}. */
  public static final int HEADER = 40;

  private final ByteBuffer memory;
  private int length;

  /** A view of the start of {@code memory}, which is in the machine's byte order. */
  public Request(ByteBuffer memory) {
    this.memory = memory;
  }

  /** Says that {@code received} bytes of a request are there now. */
  public void received(int receivedBytes) throws FsException {
    length = receivedBytes;
    if (receivedBytes < HEADER || memory.getInt(0) != receivedBytes) {
      throw new FsException(Errno.EINVAL, "request of " + receivedBytes + " bytes");
    }
  }

  public int length() {
    return length;
  }

  public int opcode() {
    return memory.getInt(4);
  }

  /** Returns the number by which the reply and an interrupt name this request. */
  public long unique() {
    return memory.getLong(8);
  }

  public long node() {
    return memory.getLong(16);
  }

  public int uid() {
    return memory.getInt(24);
  }

  public int gid() {
    return memory.getInt(28);
  }

  public int pid() {
    return memory.getInt(32);
  }

  /** Returns how many bytes follow the header, extensions at the end not counted. */
  public int bodyLength() {
    return length - HEADER - 8 * Short.toUnsignedInt(memory.getShort(36));
  }

  /** Fails with EINVAL unless the body has at least so many bytes. */
  public void require(int bytes) throws FsException {
    if (bytes < 0 || bodyLength() < bytes) {
      throw new FsException(Errno.EINVAL, "request body of " + bodyLength() + " bytes");
    }
  }

  int u32(int offset) {
    return memory.getInt(HEADER + offset);
  }

  long u64(int offset) {
    return memory.getLong(HEADER + offset);
  }

  /** Returns a copy of body bytes. */
  public byte[] bytes(int offset, int count) throws FsException {
    if (count < 0 || offset > bodyLength() - count) {
      throw new FsException(Errno.EINVAL, "request body of " + bodyLength() + " bytes");
    }
    byte[] copy = new byte[count];
    memory.get(HEADER + offset, copy);
    return copy;
  }

  /** Returns the offset after the NUL that ends the text at {@code offset}. */
  public int endOfText(int offset) throws FsException {
    int end = bodyLength();
    for (int i = offset; i < end; i++) {
      if (memory.get(HEADER + i) == 0) {
        return i + 1;
      }
    }
    throw new FsException(Errno.EINVAL, "text without an end");
  }

  /** Returns the name at {@code offset}, which a NUL ends. */
  public Name name(int offset) throws FsException {
    return Name.ofTerminated(bytes(offset, endOfText(offset) - offset));
  }

  /** Returns the text at {@code offset} without the NUL that ends it. */
  public byte[] text(int offset) throws FsException {
    return bytes(offset, endOfText(offset) - offset - 1);
  }

  /** Sets {@code window}, a duplicate of the buffer, to the body bytes from {@code offset} on. */
  public void expose(ByteBuffer window, int offset, int count) throws FsException {
    if (count < 0 || offset > bodyLength() - count) {
      throw new FsException(Errno.EINVAL, "request body of " + bodyLength() + " bytes");
    }
    int from = HEADER + offset;
    window.limit(from + count).position(from);
  }
}
