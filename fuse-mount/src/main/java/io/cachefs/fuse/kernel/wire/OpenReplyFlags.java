package io.cachefs.fuse.kernel.wire;

/** How the kernel is to treat an open file, {@code FOPEN_...}. */
public final class OpenReplyFlags {
  public static final int DIRECT_IO = 1;
  public static final int KEEP_CACHE = 1 << 1;
  public static final int CACHE_DIRECTORY = 1 << 3;
  public static final int NO_FLUSH = 1 << 5;
  public static final int PASSTHROUGH = 1 << 7;

  private OpenReplyFlags() {}
}
