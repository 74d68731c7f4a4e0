package io.cachefs.sys;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.OpenFlags;
import java.io.Closeable;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The open device {@code /dev/fuse}. Thread-safe, except that nobody may use it once it was closed:
 * its number may belong to another file then.
 */
public final class FuseDevice implements Closeable {
  private static final int AT_FDCWD = -100;

  // From linux/fuse.h: _IOW(229, 1, struct fuse_backing_map) and _IOW(229, 2, uint32_t).
  private static final long BACKING_OPEN = 0x4010E501L;
  private static final long BACKING_CLOSE = 0x4004E502L;

  // From poll.h.
  private static final short POLLIN = 1;

  private final int descriptor;
  private final AtomicBoolean closed = new AtomicBoolean();

  FuseDevice(int descriptor) {
    this.descriptor = descriptor;
  }

  /** Opens the device; it stands for no mount yet. */
  public static FuseDevice open() throws FsException {
    byte[] path = "/dev/fuse\0".getBytes(StandardCharsets.US_ASCII);
    int flags = OpenFlags.READ_WRITE | OpenFlags.CLOSE_ON_EXEC;
    return new FuseDevice(
        Native.check(Native.LIBC.openat(AT_FDCWD, path, flags, 0), "open /dev/fuse"));
  }

  /** Returns the number that {@code mount(2)} wants. */
  int descriptor() {
    return descriptor;
  }

  /** Waits until a request can be read, at most so long; returns whether there is one. */
  public boolean awaitRequest(int timeoutMillis) throws FsException {
    ByteBuffer poll = Native.allocate(8);
    poll.putInt(0, descriptor).putShort(4, POLLIN);
    try {
      long address = Native.addressOf(poll);
      return Native.check(Native.LIBC.poll(address, 1, timeoutMillis), "poll /dev/fuse") > 0;
    } finally {
      Reference.reachabilityFence(poll);
    }
  }

  /** Waits for a request and reads it; fails with ENODEV once nothing is mounted any more. */
  public int read(NativeBuffer into, int offset, int length) throws FsException {
    checkRange(into, offset, length);
    try {
      long count = Native.LIBC.read(descriptor, into.address() + offset, length);
      return (int) Native.check(count, "read /dev/fuse");
    } finally {
      Reference.reachabilityFence(into);
    }
  }

  /** Writes one reply or message. */
  public void write(NativeBuffer from, int offset, int length) throws FsException {
    checkRange(from, offset, length);
    try {
      long count = Native.LIBC.write(descriptor, from.address() + offset, length);
      if (Native.check(count, "write /dev/fuse") != length) {
        throw new FsException(Errno.EIO, "/dev/fuse took " + count + " of " + length + " bytes");
      }
    } finally {
      Reference.reachabilityFence(from);
    }
  }

  private static void checkRange(NativeBuffer buffer, int offset, int length) {
    if (offset < 0 || length < 0 || offset > buffer.size() - length) {
      throw new IndexOutOfBoundsException(offset + " + " + length + " of " + buffer.size());
    }
  }

  /** Registers an open file that the kernel may read and write by itself; returns its id. */
  public int openBacking(int fileDescriptor) throws FsException {
    ByteBuffer map = Native.allocate(16);
    map.putInt(0, fileDescriptor);
    try {
      return Native.check(
          Native.LIBC.ioctl(descriptor, BACKING_OPEN, Native.addressOf(map)),
          "FUSE_DEV_IOC_BACKING_OPEN");
    } finally {
      Reference.reachabilityFence(map);
    }
  }

  /** Ends a registration. */
  public void closeBacking(int backingId) throws FsException {
    ByteBuffer id = Native.allocate(4);
    id.putInt(0, backingId);
    try {
      int unused =
          Native.check(
              Native.LIBC.ioctl(descriptor, BACKING_CLOSE, Native.addressOf(id)),
              "FUSE_DEV_IOC_BACKING_CLOSE");
    } finally {
      Reference.reachabilityFence(id);
    }
  }

  @Override
  public void close() {
    if (!closed.getAndSet(true)) {
      int unused = Native.LIBC.close(descriptor);
    }
  }
}
