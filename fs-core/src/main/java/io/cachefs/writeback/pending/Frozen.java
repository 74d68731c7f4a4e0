package io.cachefs.writeback.pending;

import io.cachefs.base.Timestamp;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Changes of one file up to a moment, which go to the source together; later ones are kept apart.
 * Nothing in it changes but {@link #next} and where its bytes are.
 */
final class Frozen {
  final long operation;
  final int dirty;
  final @Nullable Extents extents;
  final long limit;
  final long size;
  final int mode;
  final int uid;
  final int gid;
  final Timestamp accessed;
  final Timestamp modified;
  final List<Xattr> xattrs;

  /** The records it is made of, apart from those with bytes of the file. */
  final long[] records;

  /** The next later one. */
  @Nullable Frozen next;

  Frozen(PendingNode node) {
    this.operation = node.operation;
    this.dirty = node.dirty;
    this.extents = node.extents;
    this.limit = node.limit;
    this.size = node.size;
    this.mode = node.mode;
    this.uid = node.uid;
    this.gid = node.gid;
    this.accessed = node.accessed();
    this.modified = node.modified();
    this.xattrs = node.xattrs();
    this.records = node.records;
  }

  boolean hasContent() {
    return (dirty & PendingNode.CONTENT) != 0;
  }
}
