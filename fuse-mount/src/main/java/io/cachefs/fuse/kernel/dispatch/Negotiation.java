package io.cachefs.fuse.kernel.dispatch;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.fuse.MountOptions;
import io.cachefs.fuse.kernel.wire.Bodies;
import io.cachefs.fuse.kernel.wire.InitFlags;
import io.cachefs.fuse.kernel.wire.Reply;
import org.jspecify.annotations.Nullable;

/**
 * What kernel and server agreed on in INIT.
 *
 * @param minor of the protocol 7.x
 * @param flags of {@link InitFlags}
 */
public record Negotiation(int minor, long flags) {
  private static final int MAJOR = 7;

  /** What this server knows, Linux 6.18. */
  private static final int NEWEST_MINOR = 45;

  /** Linux 5.4; the layouts before differ, and such kernels are not maintained. */
  static final int OLDEST_MINOR = 31;

  /** FUSE_NOTIFY_INC_EPOCH, Linux 6.16. */
  private static final int EPOCH_MINOR = 44;

  /**
   * Requests that the kernel sends ahead without waiting: read-ahead, releases. It holds further
   * ones back, also those for what is cached, so a hung source must not be able to take all.
   */
  private static final int MAX_BACKGROUND = 1024;

  private static final int CONGESTION_THRESHOLD = 768;
  private static final int PAGE = 4096;

  private static final long ALWAYS =
      InitFlags.ASYNC_READ
          | InitFlags.ATOMIC_O_TRUNC
          | InitFlags.BIG_WRITES
          | InitFlags.DONT_MASK
          | InitFlags.HAS_IOCTL_DIR
          | InitFlags.AUTO_INVAL_DATA
          | InitFlags.DO_READDIRPLUS
          | InitFlags.READDIRPLUS_AUTO
          | InitFlags.ASYNC_DIO
          | InitFlags.PARALLEL_DIROPS
          | InitFlags.HANDLE_KILLPRIV_V2
          | InitFlags.MAX_PAGES
          | InitFlags.CACHE_SYMLINKS
          | InitFlags.SETXATTR_EXT
          | InitFlags.INIT_EXT
          | InitFlags.DIRECT_IO_ALLOW_MMAP;

  /**
   * Answers the INIT in {@code x}.
   *
   * @return what was agreed on, or null if the kernel is to say INIT again in version 7
   * @throws FsException if the kernel's protocol is too old
   */
  public static @Nullable Negotiation answer(Exchange x, int length, MountOptions options)
      throws FsException {
    x.beginReply(length);
    x.request().received(length);
    Bodies.Init init = Bodies.Init.of(x.request());
    Reply reply = x.reply();
    if (init.major() > MAJOR) {
      reply.init(NEWEST_MINOR, 0, 0, 0, 0, 0, 0, 0);
      reply.finish(x.request().unique(), 0);
      return null;
    }
    if (init.major() < MAJOR || init.minor() < OLDEST_MINOR) {
      throw new FsException(Errno.EOPNOTSUPP, "FUSE protocol " + init.major() + "." + init.minor());
    }
    int minor = Math.min(init.minor(), NEWEST_MINOR);
    long wanted = ALWAYS;
    if (options.xattrs() && options.defaultPermissions()) {
      wanted |= InitFlags.POSIX_ACL;
    }
    if (options.passthrough()) {
      wanted |= InitFlags.PASSTHROUGH;
    }
    long flags = init.flags() & wanted;
    boolean passthrough = (flags & InitFlags.PASSTHROUGH) != 0;
    reply.init(
        minor,
        init.maxReadahead(),
        flags,
        MAX_BACKGROUND,
        CONGESTION_THRESHOLD,
        Exchange.MAX_TRANSFER,
        Exchange.MAX_TRANSFER / PAGE,
        passthrough ? 1 : 0);
    reply.finish(x.request().unique(), 0);
    return new Negotiation(minor, flags);
  }

  /** Returns whether the kernel takes the message that every name is to be asked for again. */
  public boolean hasEpoch() {
    return minor >= EPOCH_MINOR;
  }

  public boolean has(long flag) {
    return (flags & flag) != 0;
  }

  /** Returns the version as people write it. */
  public String protocol() {
    return MAJOR + "." + minor;
  }
}
