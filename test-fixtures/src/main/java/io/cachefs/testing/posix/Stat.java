package io.cachefs.testing.posix;

import jnr.ffi.Pointer;

/**
 * What {@code statx} answers. Times are nanoseconds since 1970.
 *
 * @param hasBtime whether the file system answered with a time of birth at all
 */
public record Stat(
    long dev,
    long ino,
    int mode,
    int nlink,
    int uid,
    int gid,
    long size,
    long blocks,
    int blksize,
    int rdevMajor,
    int rdevMinor,
    long atime,
    long mtime,
    long ctime,
    long btime,
    boolean hasBtime) {
  static final int SIZE = 256;
  static final int WANTED = 0xfff;
  private static final int STATX_BTIME = 0x800;

  static Stat from(Pointer p) {
    return new Stat(
        ((long) p.getInt(136) << 32) | (p.getInt(140) & 0xffffffffL),
        p.getLong(32),
        p.getShort(28) & 0xffff,
        p.getInt(16),
        p.getInt(20),
        p.getInt(24),
        p.getLong(40),
        p.getLong(48),
        p.getInt(4),
        p.getInt(128),
        p.getInt(132),
        time(p, 64),
        time(p, 112),
        time(p, 96),
        time(p, 80),
        (p.getInt(0) & STATX_BTIME) != 0);
  }

  /** The file type, one of the {@code S_IF} constants. */
  public int type() {
    return mode & Flags.S_IFMT;
  }

  /** The permission bits with set-user-ID, set-group-ID and sticky. */
  public int perm() {
    return mode & 07777;
  }

  private static long time(Pointer p, int offset) {
    return Math.addExact(
        Math.multiplyExact(p.getLong(offset), 1_000_000_000L), p.getInt(offset + 8));
  }
}
