package io.cachefs.base;

/**
 * Flags of {@code open(2)}, from {@code fcntl.h}, as x86-64 and the FUSE protocol have them.
 *
 * <p>{@link #DIRECT}, {@link #DIRECTORY} and {@link #NOFOLLOW} differ on aarch64; {@code sys}
 * translates there.
 */
public final class OpenFlags {
  public static final int READ_ONLY = 0;
  public static final int WRITE_ONLY = 01;
  public static final int READ_WRITE = 02;
  public static final int ACCESS_MODE = 03;
  public static final int CREATE = 0100;
  public static final int EXCLUSIVE = 0200;
  public static final int NO_CTTY = 0400;
  public static final int TRUNCATE = 01000;
  public static final int APPEND = 02000;
  public static final int NONBLOCK = 04000;
  public static final int DSYNC = 010000;
  public static final int DIRECT = 040000;
  public static final int LARGE_FILE = 0100000;
  public static final int DIRECTORY = 0200000;
  public static final int NOFOLLOW = 0400000;
  public static final int NO_ATIME = 01000000;
  public static final int CLOSE_ON_EXEC = 02000000;
  public static final int SYNC = 04000000 | DSYNC;
  public static final int PATH = 010000000;
  public static final int TMPFILE = 020000000 | DIRECTORY;

  private OpenFlags() {}

  /** Returns whether a descriptor opened so may be written. */
  public static boolean mayWrite(int flags) {
    return (flags & ACCESS_MODE) != READ_ONLY;
  }
}
