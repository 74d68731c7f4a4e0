package io.cachefs.fuse.kernel.wire;

/** The abilities that kernel and server agree on in INIT; both words of flags in one number. */
public final class InitFlags {
  public static final long ASYNC_READ = 1L;
  public static final long ATOMIC_O_TRUNC = 1L << 3;
  public static final long BIG_WRITES = 1L << 5;
  public static final long DONT_MASK = 1L << 6;
  public static final long HAS_IOCTL_DIR = 1L << 11;
  public static final long AUTO_INVAL_DATA = 1L << 12;
  public static final long DO_READDIRPLUS = 1L << 13;
  public static final long READDIRPLUS_AUTO = 1L << 14;
  public static final long ASYNC_DIO = 1L << 15;
  public static final long WRITEBACK_CACHE = 1L << 16;
  public static final long PARALLEL_DIROPS = 1L << 18;
  public static final long POSIX_ACL = 1L << 20;
  public static final long MAX_PAGES = 1L << 22;
  public static final long CACHE_SYMLINKS = 1L << 23;
  public static final long HANDLE_KILLPRIV_V2 = 1L << 28;
  public static final long SETXATTR_EXT = 1L << 29;
  public static final long INIT_EXT = 1L << 30;
  public static final long DIRECT_IO_ALLOW_MMAP = 1L << 36;
  public static final long PASSTHROUGH = 1L << 37;

  private InitFlags() {}
}
