package io.cachefs.writeback.pending;

import org.jspecify.annotations.Nullable;

/** Tells which records of the log are of use, and learns where they were moved. */
final class Liveness {
  private final Overlay overlay;

  Liveness(Overlay overlay) {
    this.overlay = overlay;
  }

  boolean isLive(int kind, long sequence, byte[] head) {
    Change change = Change.read(kind, head);
    PendingNode node = overlay.book.node(Replaying.nodeOf(change, sequence));
    if (node == null) {
      return false;
    }
    Locks.Held held = overlay.locks.hold(node);
    try {
      return !node.dropped && isLive(change, sequence, node);
    } finally {
      held.close();
    }
  }

  private boolean isLive(Change change, long sequence, PendingNode node) {
    if (change instanceof Change.Adopt || change instanceof Change.Make) {
      return true;
    }
    if (change instanceof Change.Data data) {
      return extents(node, sequence, data.offset()) != null;
    }
    if (change instanceof Change.Sent) {
      PendingNode.More more = node.more;
      return more != null && more.sent != null && more.sent[0] == sequence;
    }
    return overlay.ops.containsKey(sequence << 2) && isOfName(change)
        || records(node, sequence) != null;
  }

  private static boolean isOfName(Change change) {
    return change instanceof Change.Link
        || change instanceof Change.Remove
        || change instanceof Change.Rename;
  }

  private static @Nullable Extents extents(PendingNode node, long sequence, long start) {
    if (needs(node.extents, sequence, start)) {
      return node.extents;
    }
    for (Frozen each = node.frozen; each != null; each = each.next) {
      if (needs(each.extents, sequence, start)) {
        return each.extents;
      }
    }
    return null;
  }

  private static boolean needs(@Nullable Extents extents, long sequence, long start) {
    return extents != null && extents.needs(sequence, start, ChangeLog.MAX_PAYLOAD);
  }

  private static long @Nullable [] records(PendingNode node, long sequence) {
    if (has(node.records, sequence)) {
      return node.records;
    }
    for (Frozen each = node.frozen; each != null; each = each.next) {
      if (has(each.records, sequence)) {
        return each.records;
      }
    }
    return null;
  }

  private static boolean has(long[] records, long sequence) {
    for (int i = 0; i < records.length; i += 2) {
      if (records[i] == sequence) {
        return true;
      }
    }
    return false;
  }

  void moved(int kind, byte[] head, Spot now) {
    Change change = Change.read(kind, head);
    PendingNode node = overlay.book.node(Replaying.nodeOf(change, now.sequence()));
    if (node == null) {
      overlay.log.release(now);
      return;
    }
    boolean found;
    Locks.Held held = overlay.locks.hold(node);
    try {
      found = !node.dropped && move(change, node, now);
    } finally {
      held.close();
    }
    if (!found) {
      // It went out of use in between.
      overlay.log.release(now);
    }
  }

  private boolean move(Change change, PendingNode node, Spot now) {
    if (change instanceof Change.Adopt || change instanceof Change.Make) {
      node.birth = NodeBook.pack(now);
      return true;
    }
    if (change instanceof Change.Data data) {
      Extents extents = extents(node, now.sequence(), data.offset());
      return extents != null && extents.moved(data.offset(), now);
    }
    PendingNode.More more = node.more;
    if (change instanceof Change.Sent) {
      return more != null && more.sent != null && place(more.sent, now);
    }
    Op op = isOfName(change) ? overlay.ops.get(now.sequence() << 2) : null;
    if (op != null) {
      op.record = now;
      return true;
    }
    long[] records = records(node, now.sequence());
    return records != null && place(records, now);
  }

  private static boolean place(long[] records, Spot now) {
    for (int i = 0; i < records.length; i += 2) {
      if (records[i] == now.sequence()) {
        records[i + 1] = NodeBook.pack(now);
        return true;
      }
    }
    return false;
  }
}
