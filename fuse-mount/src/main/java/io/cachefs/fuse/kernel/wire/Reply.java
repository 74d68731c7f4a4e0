package io.cachefs.fuse.kernel.wire;

import io.cachefs.base.Attributes;
import io.cachefs.base.StatFs;
import io.cachefs.base.Timestamp;
import java.nio.ByteBuffer;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Writes one reply: {@code fuse_out_header} and the structs {@code fuse_..._out} after it. Owned by
 * one thread, used again for each reply.
 */
public final class Reply {
  /** Size of {@code struct fuse_out_header}. */
  public static final int HEADER = 16;

  /** Size of {@code struct fuse_entry_out}. */
  public static final int ENTRY = 128;

  private static final long SECOND = 1_000_000_000L;
  private static final int ATTRIBUTES = 88;
  private static final int OPEN = 16;
  private static final int STATX = 288;
  private static final int STATX_BASIC = 0x7ff;
  private static final int STATX_BORN = 0x800;

  private final ByteBuffer memory;
  private int start;
  private int end;

  /** Writes into {@code memory}, which is in the machine's byte order. */
  public Reply(ByteBuffer memory) {
    this.memory = memory;
  }

  /** Starts an empty reply whose header is at {@code offset} of the buffer. */
  public void begin(int offset) {
    start = offset;
    end = offset + HEADER;
  }

  /** Drops what was written after the header. */
  public void clear() {
    end = start + HEADER;
  }

  /** Returns where in the buffer the reply starts. */
  public int start() {
    return start;
  }

  /** Returns the length with the header. */
  public int length() {
    return end - start;
  }

  /** Returns how many bytes are in the body. */
  public int bodyLength() {
    return end - start - HEADER;
  }

  /** Writes the header; {@code errno} is positive, or 0 if the request succeeded. */
  public void finish(long unique, int errno) {
    memory.putInt(start, end - start);
    memory.putInt(start + 4, -errno);
    memory.putLong(start + 8, unique);
  }

  /** Sets {@code window}, a duplicate of the buffer, to the next {@code size} body bytes. */
  public void expose(ByteBuffer window, int size) {
    window.limit(end + size).position(end);
  }

  /** Counts {@code bytes} written through a window as part of the body. */
  public void written(int bytes) {
    end += bytes;
  }

  /** Returns how many body bytes can still be written. */
  public int room() {
    return memory.capacity() - end;
  }

  public void bytes(byte[] data) {
    memory.put(end, data);
    end += data.length;
  }

  /**
   * {@code fuse_entry_out}: a file found or made.
   *
   * @param nameNanos how long the kernel may resolve the name by itself
   * @param attributeNanos how long it may answer with the attributes by itself
   */
  public void entry(long inodeId, Attributes attributes, long nameNanos, long attributeNanos) {
    putEntry(end, inodeId, attributes, nameNanos, attributeNanos);
    end += ENTRY;
  }

  /** {@code fuse_entry_out} for a name that does not exist, to be remembered for a while. */
  public void absentEntry(long nanos) {
    zero(end, ENTRY);
    memory.putLong(end + 16, nanos / SECOND);
    memory.putInt(end + 32, (int) (nanos % SECOND));
    end += ENTRY;
  }

  private void putEntry(
      int at, long inodeId, Attributes attributes, long nameNanos, long attributeNanos) {
    memory.putLong(at, inodeId);
    memory.putLong(at + 8, 0);
    memory.putLong(at + 16, nameNanos / SECOND);
    memory.putLong(at + 24, attributeNanos / SECOND);
    memory.putInt(at + 32, (int) (nameNanos % SECOND));
    memory.putInt(at + 36, (int) (attributeNanos % SECOND));
    putAttributes(at + 40, attributes);
  }

  /** {@code fuse_attr_out}, which the kernel may use for so long. */
  public void attributes(Attributes attributes, long nanos) {
    memory.putLong(end, nanos / SECOND);
    memory.putInt(end + 8, (int) (nanos % SECOND));
    memory.putInt(end + 12, 0);
    putAttributes(end + 16, attributes);
    end += 16 + ATTRIBUTES;
  }

  private void putAttributes(int at, Attributes from) {
    memory.putLong(at, from.inode());
    memory.putLong(at + 8, from.size());
    memory.putLong(at + 16, from.blockCount());
    memory.putLong(at + 24, from.accessed().seconds());
    memory.putLong(at + 32, from.modified().seconds());
    memory.putLong(at + 40, from.changed().seconds());
    memory.putInt(at + 48, from.accessed().nanos());
    memory.putInt(at + 52, from.modified().nanos());
    memory.putInt(at + 56, from.changed().nanos());
    memory.putInt(at + 60, from.mode());
    memory.putInt(at + 64, from.linkCount());
    memory.putInt(at + 68, from.uid());
    memory.putInt(at + 72, from.gid());
    memory.putInt(at + 76, from.specialDevice());
    memory.putInt(at + 80, from.blockSize());
    memory.putInt(at + 84, 0);
  }

  /** {@code fuse_statx_out}, which the kernel may use for so long. */
  public void statx(Attributes from, long nanos) {
    zero(end, STATX);
    memory.putLong(end, nanos / SECOND);
    memory.putInt(end + 8, (int) (nanos % SECOND));
    int at = end + 32;
    Timestamp born = from.born();
    memory.putInt(at, born == null ? STATX_BASIC : STATX_BASIC | STATX_BORN);
    memory.putInt(at + 4, from.blockSize());
    memory.putInt(at + 16, from.linkCount());
    memory.putInt(at + 20, from.uid());
    memory.putInt(at + 24, from.gid());
    memory.putShort(at + 28, (short) from.mode());
    memory.putLong(at + 32, from.inode());
    memory.putLong(at + 40, from.size());
    memory.putLong(at + 48, from.blockCount());
    putTime(at + 64, from.accessed());
    if (born != null) {
      putTime(at + 80, born);
    }
    putTime(at + 96, from.changed());
    putTime(at + 112, from.modified());
    memory.putInt(at + 128, major(from.specialDevice()));
    memory.putInt(at + 132, minor(from.specialDevice()));
    end += STATX;
  }

  /** The major number in the kernel's packing of a device number, {@code new_encode_dev}. */
  private static int major(int device) {
    return (device >>> 8) & 0xfff;
  }

  private static int minor(int device) {
    return (device & 0xff) | ((device >>> 12) & 0xfff00);
  }

  private void putTime(int at, Timestamp time) {
    memory.putLong(at, time.seconds());
    memory.putInt(at + 8, time.nanos());
  }

  /** {@code fuse_open_out}; {@code backingId} is 0 unless the open passes through. */
  public void open(long handle, int flags, int backingId) {
    memory.putLong(end, handle);
    memory.putInt(end + 8, flags);
    memory.putInt(end + 12, backingId);
    end += OPEN;
  }

  /** {@code fuse_write_out}: how much was written, or copied. */
  public void written32(int bytes) {
    memory.putInt(end, bytes);
    memory.putInt(end + 4, 0);
    end += 8;
  }

  /** One 64-bit number: {@code fuse_lseek_out} and {@code fuse_copy_file_range_out}. */
  public void number(long value) {
    memory.putLong(end, value);
    end += 8;
  }

  /** {@code fuse_getxattr_out}: the size a value or a list has. */
  public void xattrSize(int size) {
    memory.putInt(end, size);
    memory.putInt(end + 4, 0);
    end += 8;
  }

  /** {@code fuse_statfs_out}. */
  public void statfs(StatFs from) {
    zero(end, 80);
    memory.putLong(end, from.blocks());
    memory.putLong(end + 8, from.freeBlocks());
    memory.putLong(end + 16, from.availableBlocks());
    memory.putLong(end + 24, from.files());
    memory.putLong(end + 32, from.freeFiles());
    memory.putInt(end + 40, from.blockSize());
    memory.putInt(end + 44, from.nameMax());
    memory.putInt(end + 48, from.fragmentSize());
    end += 80;
  }

  /** {@code fuse_ioctl_out} of a command that succeeded, and its output. */
  public void ioctl(byte[] output) {
    zero(end, 16);
    end += 16;
    bytes(output);
  }

  /** {@code fuse_init_out}. */
  public void init(
      int minor,
      int maxReadahead,
      long flags,
      int maxBackground,
      int congestionThreshold,
      int maxWrite,
      int maxPages,
      int maxStackDepth) {
    zero(end, 64);
    memory.putInt(end, 7);
    memory.putInt(end + 4, minor);
    memory.putInt(end + 8, maxReadahead);
    memory.putInt(end + 12, (int) flags);
    memory.putShort(end + 16, (short) maxBackground);
    memory.putShort(end + 18, (short) congestionThreshold);
    memory.putInt(end + 20, maxWrite);
    memory.putInt(end + 24, 1);
    memory.putShort(end + 28, (short) maxPages);
    memory.putInt(end + 32, (int) (flags >>> 32));
    memory.putInt(end + 36, maxStackDepth);
    end += 64;
  }

  /**
   * {@code fuse_dirent}, if it fits into a body of {@code limit} bytes.
   *
   * @return whether it fitted
   */
  public boolean directoryEntry(
      int limit, byte[] name, int length, long inode, int type, long nextCookie) {
    int size = direntSize(length);
    if (bodyLength() + size > limit) {
      return false;
    }
    putDirent(end, name, length, inode, type, nextCookie);
    end += size;
    return true;
  }

  /**
   * {@code fuse_direntplus}, if it fits into a body of {@code limit} bytes.
   *
   * @param attributes of the entry, or null if the kernel is to look the name up itself
   * @return whether it fitted
   */
  public boolean directoryEntryPlus(
      int limit,
      byte[] name,
      int length,
      long inode,
      int type,
      long nextCookie,
      long inodeId,
      @Nullable Attributes attributes,
      long nameNanos,
      long attributeNanos) {
    int size = ENTRY + direntSize(length);
    if (bodyLength() + size > limit) {
      return false;
    }
    if (attributes == null) {
      zero(end, ENTRY);
    } else {
      putEntry(end, inodeId, attributes, nameNanos, attributeNanos);
    }
    putDirent(end + ENTRY, name, length, inode, type, nextCookie);
    end += size;
    return true;
  }

  private static int direntSize(int nameLength) {
    return 24 + ((nameLength + 7) & ~7);
  }

  private void putDirent(int at, byte[] name, int length, long inode, int type, long nextCookie) {
    memory.putLong(at, inode);
    memory.putLong(at + 8, nextCookie);
    memory.putInt(at + 16, length);
    memory.putInt(at + 20, type);
    int size = direntSize(length);
    memory.putLong(at + size - 8, 0);
    memory.put(at + 24, name, 0, length);
  }

  /** Returns the inode of the READDIRPLUS entry at {@code offset} of the body, 0 if none. */
  public long inodeOfEntryPlus(int offset) {
    return memory.getLong(start + HEADER + offset);
  }

  /**
   * Lets the kernel keep no name and no attributes of some of the READDIRPLUS entries in the body.
   *
   * @param which of them, by inode
   */
  public void expireEntriesPlus(LongPredicate which) {
    for (int at = 0; at < bodyLength(); at = nextEntryPlus(at)) {
      if (which.test(inodeOfEntryPlus(at))) {
        zero(start + HEADER + at + 16, 24);
      }
    }
  }

  /** Returns the offset of the READDIRPLUS entry after the one at {@code offset}. */
  public int nextEntryPlus(int offset) {
    int nameLength = memory.getInt(start + HEADER + offset + ENTRY + 16);
    return offset + ENTRY + direntSize(nameLength);
  }

  private void zero(int at, int bytes) {
    for (int i = 0; i < bytes; i += 8) {
      memory.putLong(at + i, 0);
    }
  }
}
