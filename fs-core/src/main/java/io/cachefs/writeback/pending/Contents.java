package io.cachefs.writeback.pending;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Timestamp;
import io.cachefs.source.SourceNode;
import io.cachefs.writeback.journal.Place;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/** Changes of the bytes of files. */
final class Contents {
  private static final int KEEP_SIZE = 1;
  private static final int PUNCH_HOLE = 2;
  private static final int ZERO_RANGE = 16;
  private static final int UNSHARE = 64;

  /** Stands for the end of a file. */
  static final long END = -1;

  private final Overlay overlay;
  private final Xattrs xattrs;

  Contents(Overlay overlay, Xattrs xattrs) {
    this.overlay = overlay;
    this.xattrs = xattrs;
  }

  /** A change that is made with the lock of the node. */
  private interface Action {
    void on(PendingNode node) throws FsException;
  }

  private void with(SourceNode face, Action action) throws FsException {
    while (true) {
      PendingNode node = overlay.adopt(face);
      xattrs.dropCapability(face, node);
      ReentrantLock lock = overlay.locks.of(node);
      lock.lock();
      try {
        if (!node.dropped) {
          overlay.between(node);
          action.on(node);
          return;
        }
      } finally {
        lock.unlock();
      }
    }
  }

  /**
   * Writes all that remains in {@code data}.
   *
   * @param at where, or {@link #END}
   */
  void write(SourceNode face, OpenCount opened, long at, ByteBuffer data) throws FsException {
    with(
        face,
        node -> {
          opened.count(node);
          Timestamp now = overlay.now();
          long offset = at == END ? node.size : at;
          requireInRange(offset, data.remaining());
          int length = data.remaining();
          if (length <= ChangeLog.MAX_PAYLOAD) {
            Change.Data change = new Change.Data(node.number, offset, node.size, now);
            List<byte[]> head = List.of(change.head());
            Place spot = overlay.log.appendData(Change.Data.KIND, head, data).get(0);
            overlay.fileApplier.data(node, change, spot);
          } else {
            writeParts(node, offset, length, now, data);
          }
        });
  }

  private void writeParts(PendingNode node, long offset, int length, Timestamp now, ByteBuffer data)
      throws FsException {
    List<Change.Data> changes = new ArrayList<>();
    List<byte[]> heads = new ArrayList<>();
    for (int at = 0; at < length; at += ChangeLog.MAX_PAYLOAD) {
      long before = at == 0 ? node.size : Math.max(node.size, offset + at);
      Change.Data change = new Change.Data(node.number, offset + at, before, now);
      changes.add(change);
      heads.add(change.head());
    }
    List<Place> spots = overlay.log.appendData(Change.Data.KIND, heads, data);
    for (int i = 0; i < spots.size(); i++) {
      overlay.fileApplier.data(node, changes.get(i), spots.get(i));
    }
  }

  private static void requireInRange(long offset, long length) throws FsException {
    if (offset < 0 || length < 0) {
      throw new FsException(Errno.EINVAL);
    }
    if (offset > Long.MAX_VALUE - 1 - length) {
      throw new FsException(Errno.EFBIG);
    }
  }

  void truncate(SourceNode face, long size) throws FsException {
    requireInRange(size, 0);
    with(
        face,
        node -> {
          Change.Truncate change = new Change.Truncate(node.number, node.size, size, overlay.now());
          overlay.fileApplier.truncate(
              node, change, overlay.log.append(change.kind(), change.head()));
        });
  }

  void allocate(SourceNode face, OpenCount opened, int mode, long offset, long length)
      throws FsException {
    int what = mode & ~KEEP_SIZE;
    boolean keep = (mode & KEEP_SIZE) != 0;
    if (offset < 0 || length <= 0) {
      throw new FsException(Errno.EINVAL);
    }
    requireInRange(offset, length);
    boolean known = what == 0 || what == PUNCH_HOLE || what == ZERO_RANGE || what == UNSHARE;
    if (!known || (what == PUNCH_HOLE && !keep)) {
      throw new FsException(Errno.EOPNOTSUPP);
    }
    long end = offset + length;
    with(
        face,
        node -> {
          opened.count(node);
          long size = keep ? node.size : Math.max(node.size, end);
          boolean zeros = what == PUNCH_HOLE || what == ZERO_RANGE;
          Change.Zero change =
              zeros
                  ? new Change.Zero(node.number, offset, end, node.size, size, overlay.now())
                  : new Change.Zero(node.number, 0, 0, node.size, size, overlay.now());
          overlay.fileApplier.zero(node, change, overlay.log.append(change.kind(), change.head()));
        });
  }
}
