package io.cachefs.fuse;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a file system is mounted, the same for every transport.
 *
 * @param fsName what the first column of the mount table shows
 * @param readOnly whether the kernel refuses every change
 * @param allowOther whether users other than the one who mounts may enter
 * @param defaultPermissions whether the kernel checks permission bits and ACLs
 * @param allowSetUid whether set-uid bits of files on the mount count
 * @param allowDevices whether device nodes on the mount can be opened
 * @param allowExecute whether programs on the mount can be run
 * @param uid the owner that every file shows, or null for its own
 * @param gid the group that every file shows, or null for its own
 * @param umask permission bits that no file shows, or null for its own bits
 * @param maxRead limit of one read request in bytes, or 0 for the largest the kernel has
 * @param attributeTimeout how long the kernel may answer a stat by itself at most; less if the file
 *     system says less
 * @param entryTimeout how long the kernel may resolve a name by itself at most
 * @param negativeTimeout how long the kernel may answer by itself that a name does not exist, at
 *     most
 * @param xattrs whether extended attributes and ACLs are served
 * @param passthrough whether the kernel may read and write files without asking, where it can
 * @param nonEmpty whether to mount over a directory that has something in it
 * @param threads upper limit of requests that are served at the same time
 */
public record MountOptions(
    String fsName,
    boolean readOnly,
    boolean allowOther,
    boolean defaultPermissions,
    boolean allowSetUid,
    boolean allowDevices,
    boolean allowExecute,
    @Nullable Integer uid,
    @Nullable Integer gid,
    @Nullable Integer umask,
    int maxRead,
    Duration attributeTimeout,
    Duration entryTimeout,
    Duration negativeTimeout,
    boolean xattrs,
    boolean passthrough,
    boolean nonEmpty,
    int threads) {

  /** The timeouts of a mount whose source others may change without anybody noticing. */
  public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(1);

  /** As a timeout: the file system knows how long its answers hold, and says when they do not. */
  public static final Duration UNLIMITED = Duration.ofSeconds(Long.MAX_VALUE / 1_000_000_000L);

  /**
   * More than may wait for a slow source at the same time, so that some are left for what is
   * cached. Threads are made when they are needed.
   */
  public static final int DEFAULT_THREADS = 192;

  /** Returns the options of a mount without flags; root's mounts are open to all users. */
  public static MountOptions defaults(String fsName, boolean root) {
    return new MountOptions(
        fsName,
        false,
        root,
        true,
        false,
        false,
        true,
        null,
        null,
        null,
        0,
        DEFAULT_TIMEOUT,
        DEFAULT_TIMEOUT,
        DEFAULT_TIMEOUT,
        true,
        true,
        false,
        DEFAULT_THREADS);
  }
}
