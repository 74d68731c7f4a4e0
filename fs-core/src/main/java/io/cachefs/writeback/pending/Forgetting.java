package io.cachefs.writeback.pending;

import io.cachefs.base.Attributes;
import io.cachefs.source.SourceNode;
import java.util.Deque;

/** Forgets nodes of which nothing is pending any more. */
final class Forgetting {
  private Forgetting() {}

  /**
   * Forgets a node; called with its lock and that of the book.
   *
   * @param toSee is given the nodes that nothing may keep any more now
   */
  static void drop(Overlay overlay, PendingNode node, Deque<PendingNode> toSee) {
    Applier applier = overlay.applier;
    PendingNode.More more = node.more;
    SourceNode base = node.base;
    Attributes known = more == null ? null : more.known;
    // Before it goes: whoever finds the file at the source must find one of the two.
    if (node.face instanceof LocalNode local && base != null && known != null && node.links > 0) {
      overlay.book.aliases.add(local, base, known.inode());
    }
    overlay.book.remove(node);
    // First the record it began with: without it, what is left of the others means nothing.
    applier.release(NodeBook.unpack(node.number, node.birth));
    if (more != null) {
      applier.release(null, more.named);
    }
    for (Frozen each = node.frozen; each != null; each = each.next) {
      applier.release(each.extents, each.records);
    }
    applier.release(node.extents, node.records);
    long[] sent = more == null ? null : more.sent;
    if (sent != null) {
      applier.release(NodeBook.unpack(sent[0], sent[1]));
    }
    PendingNode parent = node.parent;
    if (parent != null) {
      overlay.book.unuse(parent);
      toSee.add(parent);
    }
    PendingNode adoptedUnder = more == null ? null : more.adoptedUnder;
    if (adoptedUnder != null) {
      overlay.book.unuse(adoptedUnder);
      toSee.add(adoptedUnder);
    }
    PendingNode replaces = applier.replaced(node);
    if (replaces != null) {
      toSee.add(replaces);
    }
  }
}
