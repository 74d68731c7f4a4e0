package io.cachefs.writeback.pending;

import io.cachefs.base.AttributeChange;
import io.cachefs.base.AttributeChange.TimeChange;
import io.cachefs.base.Attributes;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Mode;
import io.cachefs.base.Timestamp;
import io.cachefs.source.SourceNode;
import io.cachefs.writeback.journal.Place;
import org.jspecify.annotations.Nullable;

/** Changes of mode, owner, size and times. */
final class AttributeChanges {
  private static final int SET_IDS = Mode.SET_UID | Mode.SET_GID;

  private final Overlay overlay;
  private final Lookup lookup;
  private final Xattrs xattrs;
  private final Contents contents;

  AttributeChanges(Overlay overlay, Lookup lookup, Xattrs xattrs, Contents contents) {
    this.overlay = overlay;
    this.lookup = lookup;
    this.xattrs = xattrs;
    this.contents = contents;
  }

  Attributes change(SourceNode face, AttributeChange change) throws FsException {
    if (changesNothing(face, change)) {
      return lookup.attributes(face);
    }
    Integer mode = change.mode();
    if (mode != null && Mode.isSymlink(face.type())) {
      throw new FsException(Errno.EOPNOTSUPP);
    }
    Long size = change.size();
    if (size != null) {
      if (!Mode.isRegular(face.type())) {
        throw new FsException(Mode.isDirectory(face.type()) ? Errno.EISDIR : Errno.EINVAL);
      }
      contents.truncate(face, size);
    }
    if (mode != null) {
      xattrs.followMode(face, mode);
    }
    if (change.uid() != null || change.gid() != null) {
      xattrs.dropCapability(face, overlay.adopt(face));
    }
    boolean rest =
        mode != null
            || change.uid() != null
            || change.gid() != null
            || change.killPrivileges()
            || change.accessed() != null
            || change.modified() != null;
    return rest ? set(face, change) : lookup.attributes(face);
  }

  private boolean changesNothing(SourceNode face, AttributeChange change) throws FsException {
    AttributeChange kill = AttributeChange.NONE.withKillPrivileges();
    return change.equals(AttributeChange.NONE)
        || (change.equals(kill) && (lookup.attributes(face).mode() & SET_IDS) == 0);
  }

  private Attributes set(SourceNode face, AttributeChange change) throws FsException {
    while (true) {
      PendingNode node = overlay.adopt(face);
      Locks.Held held = overlay.locks.hold(node);
      try {
        if (!node.dropped) {
          overlay.between(node);
          Change.SetAttributes set = setting(node, change);
          Place spot = overlay.log.append(set.kind(), set.head());
          overlay.fileApplier.setAttributes(node, set, spot);
          return overlay.attributes(node);
        }
      } finally {
        held.close();
      }
    }
  }

  private Change.SetAttributes setting(PendingNode node, AttributeChange change) {
    Timestamp now = overlay.now();
    int mode = node.mode;
    int bits = 0;
    Integer uid = change.uid();
    Integer gid = change.gid();
    if (uid != null || gid != null) {
      bits |= PendingNode.OWNER;
      mode = node.isDirectory() ? mode : withoutSetIds(mode);
    }
    Integer wanted = change.mode();
    if (wanted != null) {
      mode = wanted & Mode.PERMISSIONS;
    }
    if (change.killPrivileges()) {
      mode = withoutSetIds(mode);
    }
    // The source clears bits when it is told the owner: the mode is told after that.
    boolean modeToo = wanted != null || (mode & 07777) != (node.mode & 07777) || bits != 0;
    bits |= modeToo && !Mode.isSymlink(node.mode) ? PendingNode.MODE : 0;
    bits |= change.accessed() != null ? PendingNode.ACCESSED : 0;
    bits |= change.modified() != null ? PendingNode.MODIFIED : 0;
    return new Change.SetAttributes(
        node.number,
        bits,
        mode & Mode.PERMISSIONS,
        uid == null ? node.uid : uid,
        gid == null ? node.gid : gid,
        time(change.accessed(), now, node.accessed()),
        time(change.modified(), now, node.modified()),
        now);
  }

  private static Timestamp time(@Nullable TimeChange change, Timestamp now, Timestamp before) {
    if (change instanceof TimeChange.At at) {
      return at.time();
    }
    return change == null ? before : now;
  }

  /** Set-gid without the right to execute for the group is a lock mark and stays. */
  static int withoutSetIds(int mode) {
    int kept = mode & ~Mode.SET_UID;
    return (mode & Mode.GROUP_EXECUTE) != 0 ? kept & ~Mode.SET_GID : kept;
  }
}
