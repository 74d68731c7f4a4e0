package io.cachefs.writeback.pending;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.writeback.journal.Place;
import io.cachefs.writeback.send.Dirty;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The content of a layer that is frozen, for whoever sends it. */
final class Snapshot implements Dirty {
  private static final int MOST_TRIES = 1000;

  private final Overlay overlay;
  private final PendingNode node;
  private final Frozen layer;
  private final List<Range> ranges;

  /** Called with the lock of the node. */
  Snapshot(Overlay overlay, PendingNode node, Frozen layer) {
    this.overlay = overlay;
    this.node = node;
    this.layer = layer;
    this.ranges = ranges(layer.extents);
  }

  private static List<Range> ranges(@Nullable Extents extents) {
    List<Range> ranges = new ArrayList<>();
    long start = 0;
    long end = 0;
    for (Extents.Piece piece : extents == null ? List.<Extents.Piece>of() : extents.all()) {
      if (piece.start() != end && end > start) {
        ranges.add(new Range(start, end - start));
      }
      start = piece.start() == end && end > start ? start : piece.start();
      end = piece.end();
    }
    if (end > start) {
      ranges.add(new Range(start, end - start));
    }
    return List.copyOf(ranges);
  }

  @Override
  public long size() {
    return layer.size;
  }

  @Override
  public long baseLimit() {
    return Math.min(layer.limit, layer.size);
  }

  @Override
  public List<Range> ranges() {
    return ranges;
  }

  @Override
  public void read(long offset, ByteBuffer target) throws FsException {
    long at = offset;
    int tries = 0;
    while (target.hasRemaining()) {
      Extents.Piece piece = piece(at);
      if (piece == null || piece.start() > at) {
        throw new FsException(Errno.EIO, "nothing was written there");
      }
      int length = (int) Math.min(target.remaining(), piece.end() - at);
      if (read(piece, at, target, length)) {
        at += length;
      } else if (++tries > MOST_TRIES) {
        throw new FsException(Errno.EIO, "what was written is not in the log any more");
      }
    }
  }

  private Extents.@Nullable Piece piece(long position) {
    Locks.Held held = overlay.locks.hold(node);
    try {
      return layer.extents == null ? null : layer.extents.at(position);
    } finally {
      held.close();
    }
  }

  private boolean read(Extents.Piece piece, long at, ByteBuffer target, int length)
      throws FsException {
    int limit = target.limit();
    int start = target.position();
    target.limit(start + length);
    boolean done = false;
    try {
      Place spot = piece.spot();
      if (spot != null) {
        done = overlay.log.read(spot, piece.from() + (int) (at - piece.start()), target);
      } else {
        while (target.hasRemaining()) {
          target.put((byte) 0);
        }
        done = true;
      }
    } finally {
      target.limit(limit);
      if (!done) {
        target.position(start);
      }
    }
    return done;
  }
}
