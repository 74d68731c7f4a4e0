package io.cachefs.base;

/**
 * Flags of {@code open(2)} with the values they have on this machine, from {@code fcntl.h}. The
 * FUSE protocol carries them unchanged.
 */
public final class OpenFlags {
  /** Four flags have other values on ARM than in the generic header. */
  private static final boolean ARM = "aarch64".equals(System.getProperty("os.arch"));

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
  public static final int DIRECT = ARM ? 0200000 : 040000;
  public static final int LARGE_FILE = ARM ? 0400000 : 0100000;
  public static final int DIRECTORY = ARM ? 040000 : 0200000;
  public static final int NOFOLLOW = ARM ? 0100000 : 0400000;
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
