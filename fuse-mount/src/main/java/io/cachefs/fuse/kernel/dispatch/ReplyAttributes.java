package io.cachefs.fuse.kernel.dispatch;

import io.cachefs.base.Attributes;
import io.cachefs.base.Mode;
import io.cachefs.fuse.MountOptions;
import io.cachefs.vfs.Vfs;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Attributes as this mount shows them, and how long the kernel may use what it is told: as long as
 * the file system says, at most as long as the mount's options say. Thread-safe; allocates nothing
 * for a lifetime.
 *
 * <p>An answer may be old when it is sent: something was announced to be different while the
 * request was served, and the kernel may take the announcement first. Such an answer may not be
 * kept.
 */
final class ReplyAttributes {
  private final Vfs vfs;
  private final ChangeNotices notices;
  private final @Nullable Integer uid;
  private final @Nullable Integer gid;
  private final int hiddenBits;
  private final boolean rewrites;
  private final long mostForAttributes;
  private final long mostForNames;
  private final long mostForAbsence;

  ReplyAttributes(MountOptions options, Vfs vfs, ChangeNotices notices) {
    this.vfs = vfs;
    this.notices = notices;
    uid = options.uid();
    gid = options.gid();
    Integer umask = options.umask();
    hiddenBits = umask == null ? 0 : umask & Mode.PERMISSIONS;
    rewrites = uid != null || gid != null || umask != null;
    mostForAttributes = nanos(options.attributeTimeout());
    long longest = notices.longestNameLifetime();
    mostForNames = Math.min(longest, nanos(options.entryTimeout()));
    mostForAbsence = Math.min(longest, nanos(options.negativeTimeout()));
  }

  private static long nanos(Duration duration) {
    boolean tooLong = duration.compareTo(MountOptions.UNLIMITED) >= 0;
    return tooLong ? Long.MAX_VALUE : Math.max(0, duration.toNanos());
  }

  /** Returns for how many nanoseconds the kernel may use attributes it is told now. */
  long lifetime(Exchange x, long inode) {
    if (mostForAttributes == 0 || isOld(x, inode)) {
      return 0;
    }
    return Math.max(0, Math.min(mostForAttributes, vfs.attributesLifetime(inode)));
  }

  /** As {@link #lifetime} for a name found in a directory. */
  long nameLifetime(Exchange x, long directory) {
    if (mostForNames == 0 || isOld(x, directory)) {
      return 0;
    }
    return Math.max(0, Math.min(mostForNames, vfs.nameLifetime(directory)));
  }

  /** As {@link #lifetime} for a name not found in a directory. */
  long absenceLifetime(Exchange x, long directory) {
    if (mostForAbsence == 0 || isOld(x, directory)) {
      return 0;
    }
    return Math.max(0, Math.min(mostForAbsence, vfs.absenceLifetime(directory)));
  }

  /** Returns whether what the request found of an inode, or in it, may be different by now. */
  boolean isOld(Exchange x, long inode) {
    return mayBeOld(x) && notices.announcedSince(x.announcedBefore, inode);
  }

  /** Returns whether anything at all was announced while the request was served. */
  boolean mayBeOld(Exchange x) {
    return notices.announced() != x.announcedBefore;
  }

  Attributes shown(Attributes own) {
    if (!rewrites) {
      return own;
    }
    return own.withOwnerAndMode(
        uid == null ? own.uid() : uid, gid == null ? own.gid() : gid, own.mode() & ~hiddenBits);
  }
}
