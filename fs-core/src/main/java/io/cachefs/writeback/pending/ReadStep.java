package io.cachefs.writeback.pending;

import io.cachefs.writeback.journal.Place;
import org.jspecify.annotations.Nullable;

/**
 * Where a range of a file comes from.
 *
 * @param end where the range ends
 * @param spot the record it is in
 * @param from where in the record's bytes it begins
 */
record ReadStep(Kind kind, long end, @Nullable Place spot, int from) {
  /** Where from. */
  enum Kind {
    LOG,
    ZEROS,
    BASE,
    END
  }

  /** Finds out for a position; called with the lock of the node. */
  static ReadStep at(PendingNode node, long position) {
    if (position >= node.size) {
      return new ReadStep(Kind.END, position, null, 0);
    }
    long end = node.size;
    ReadStep top = in(node.extents, node.limit, position, end);
    if (top.kind != Kind.BASE) {
      return top;
    }
    end = top.end;
    int count = 0;
    for (Frozen each = node.frozen; each != null; each = each.next) {
      count++;
    }
    for (int i = count - 1; i >= 0; i--) {
      Frozen layer = layer(node, i);
      if (position >= layer.size && layer.hasContent()) {
        return new ReadStep(Kind.ZEROS, end, null, 0);
      }
      ReadStep step = in(layer.extents, layer.limit, position, end);
      if (step.kind != Kind.BASE) {
        return step;
      }
      end = step.end;
    }
    return new ReadStep(node.base == null ? Kind.ZEROS : Kind.BASE, end, null, 0);
  }

  private static Frozen layer(PendingNode node, int index) {
    Frozen layer = node.frozen;
    for (int i = 0; i < index && layer != null; i++) {
      layer = layer.next;
    }
    if (layer == null) {
      throw new IndexOutOfBoundsException(index);
    }
    return layer;
  }

  /** In one layer; BASE stands for what is below it. */
  private static ReadStep in(@Nullable Extents extents, long limit, long position, long most) {
    long end = most;
    Extents.Piece piece = extents == null ? null : extents.at(position);
    if (piece != null && piece.start() <= position) {
      long stop = Math.min(end, piece.end());
      Place spot = piece.spot();
      return spot == null
          ? new ReadStep(Kind.ZEROS, stop, null, 0)
          : new ReadStep(Kind.LOG, stop, spot, piece.from() + (int) (position - piece.start()));
    }
    if (piece != null) {
      end = Math.min(end, piece.start());
    }
    if (position >= limit) {
      return new ReadStep(Kind.ZEROS, end, null, 0);
    }
    return new ReadStep(Kind.BASE, Math.min(end, limit), null, 0);
  }
}
