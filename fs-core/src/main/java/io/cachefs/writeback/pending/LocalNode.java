package io.cachefs.writeback.pending;

import io.cachefs.source.FileId;
import io.cachefs.source.SourceNode;
import org.jspecify.annotations.Nullable;

/**
 * A file that was made here, for whoever uses it: stays the same object, with the same number, when
 * the file is at the source.
 */
final class LocalNode implements SourceNode {
  /** No device of Linux has this number. */
  static final long DEVICE = -1;

  /** Set in the inode numbers of files made here; no file system in use gives numbers so high. */
  private static final long LOCAL = 1L << 63;

  private final long inode;
  private final int type;

  /** Null until it is at the source. */
  volatile @Nullable SourceNode base;

  /** What is pending of it; null if nothing is, then {@link #base} has it all or it is gone. */
  volatile @Nullable PendingNode pending;

  LocalNode(long number, int type) {
    this.inode = number | LOCAL;
    this.type = type;
  }

  /** Returns the inode number that users see. */
  long inode() {
    return inode;
  }

  @Override
  public FileId id() {
    return new FileId(DEVICE, inode, 0);
  }

  @Override
  public int type() {
    return type;
  }

  @Override
  public void absorb(SourceNode other) {
    SourceNode known = base;
    SourceNode found = other instanceof LocalNode local ? local.base : other;
    if (known != null && found != null && known != found) {
      known.absorb(found);
    }
  }
}
