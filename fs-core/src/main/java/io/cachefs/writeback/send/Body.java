package io.cachefs.writeback.send;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.source.SourceFile;
import java.nio.ByteBuffer;

/** Brings the changed bytes of a file to the source in few writes. Thread-safe. */
final class Body {
  private static final int LARGEST = 1 << 20;

  /** A buffer for each thread that sends. */
  private static final ThreadLocal<ByteBuffer> BUFFER = new ThreadLocal<>();

  private final At at;

  Body(At at) {
    this.at = at;
  }

  /** Writes all, into a file whose size is known, and sets the size. */
  void write(SourceFile file, long sizeNow, Dirty dirty) throws FsException {
    long size = sizeNow;
    long base = Math.min(dirty.baseLimit(), dirty.size());
    if (size > base && !isCovered(dirty, base, Math.min(size, dirty.size()))) {
      // What lies behind is zero, or was written here; a hole costs the source nothing.
      file.truncate(base);
      size = base;
    }
    size = Math.max(size, writeRanges(file, dirty));
    if (size != dirty.size()) {
      file.truncate(dirty.size());
    }
  }

  /** Writes ranges that touch each other together, and returns where the last one ends. */
  private static long writeRanges(SourceFile file, Dirty dirty) throws FsException {
    long bytes = 0;
    for (Dirty.Range range : dirty.ranges()) {
      bytes += range.length();
    }
    ByteBuffer buffer = buffer(bytes);
    buffer.clear();
    long start = 0;
    long end = 0;
    for (Dirty.Range range : dirty.ranges()) {
      long position = range.offset();
      end = range.offset() + range.length();
      while (position < end) {
        if (start + buffer.position() != position || !buffer.hasRemaining()) {
          flush(file, start, buffer);
          start = position;
        }
        int count = (int) Math.min(buffer.remaining(), end - position);
        fill(dirty, position, buffer, count);
        position += count;
      }
    }
    flush(file, start, buffer);
    return end;
  }

  private static void fill(Dirty dirty, long position, ByteBuffer buffer, int count)
      throws FsException {
    buffer.limit(buffer.position() + count);
    dirty.read(position, buffer);
    if (buffer.hasRemaining()) {
      throw new FsException(Errno.EIO, "changed bytes are missing");
    }
    buffer.limit(buffer.capacity());
  }

  private static void flush(SourceFile file, long start, ByteBuffer buffer) throws FsException {
    buffer.flip();
    writeAll(file, start, buffer);
    buffer.clear();
  }

  @CanIgnoreReturnValue
  private static int writeAll(SourceFile file, long position, ByteBuffer buffer)
      throws FsException {
    int total = 0;
    while (buffer.hasRemaining()) {
      int count = file.write(position + total, buffer);
      if (count <= 0) {
        throw new FsException(Errno.EIO, "nothing was written");
      }
      total += count;
    }
    return total;
  }

  /** Copies the first bytes of one file to another. */
  void copy(SourceFile from, SourceFile to, long length) throws FsException {
    ByteBuffer buffer = buffer(length);
    long position = 0;
    while (position < length) {
      buffer.clear().limit((int) Math.min(LARGEST, length - position));
      int count = from.read(position, buffer);
      if (count == 0) {
        return;
      }
      buffer.flip();
      position += writeAll(to, position, buffer);
    }
  }

  /** Makes sure that what was written has arrived: before its times are set, or it has a name. */
  void settle(SourceFile file) throws FsException {
    if (at.source.capabilities().reportsErrorsAtClose()) {
      file.flush();
    }
    if (at.settings.synced()) {
      file.sync(false);
    }
  }

  private static ByteBuffer buffer(long wanted) {
    ByteBuffer known = BUFFER.get();
    if (known == null || known.capacity() < Math.min(wanted, LARGEST)) {
      int size = wanted <= 1 << 16 ? 1 << 16 : LARGEST;
      known = ByteBuffer.allocateDirect(size);
      BUFFER.set(known);
    }
    return known;
  }

  /** Returns whether the bytes of the source's file are of no interest. */
  static boolean isWhole(Dirty dirty) {
    return isCovered(dirty, 0, Math.min(dirty.baseLimit(), dirty.size()));
  }

  private static boolean isCovered(Dirty dirty, long start, long end) {
    long covered = start;
    for (Dirty.Range range : dirty.ranges()) {
      if (range.offset() > covered) {
        break;
      }
      covered = Math.max(covered, range.offset() + range.length());
    }
    return covered >= end;
  }
}
