package io.cachefs.fuse.kernel.dispatch;

import io.cachefs.base.Attributes;
import io.cachefs.base.Mode;
import io.cachefs.fuse.MountOptions;
import io.cachefs.fuse.kernel.wire.Timeouts;
import org.jspecify.annotations.Nullable;

/** Attributes as this mount shows them, and for how long. Immutable. */
final class ReplyAttributes {
  private final @Nullable Integer uid;
  private final @Nullable Integer gid;
  private final int hiddenBits;
  private final boolean rewrites;
  private final Timeouts timeouts;

  ReplyAttributes(MountOptions options) {
    uid = options.uid();
    gid = options.gid();
    Integer umask = options.umask();
    hiddenBits = umask == null ? 0 : umask & Mode.PERMISSIONS;
    rewrites = uid != null || gid != null || umask != null;
    timeouts =
        Timeouts.of(options.attributeTimeout(), options.entryTimeout(), options.negativeTimeout());
  }

  Timeouts timeouts() {
    return timeouts;
  }

  Attributes shown(Attributes own) {
    if (!rewrites) {
      return own;
    }
    return own.withOwnerAndMode(
        uid == null ? own.uid() : uid, gid == null ? own.gid() : gid, own.mode() & ~hiddenBits);
  }
}
