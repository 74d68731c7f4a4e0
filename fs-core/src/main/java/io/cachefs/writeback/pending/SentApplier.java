package io.cachefs.writeback.pending;

import io.cachefs.base.Attributes;
import io.cachefs.source.SourceNode;
import io.cachefs.writeback.journal.Place;
import org.jspecify.annotations.Nullable;

/** Applies what is in the log about sending, as {@link Applier} does for names. */
final class SentApplier {
  private final Overlay overlay;
  private final Applier applier;
  private final NodeBook book;

  SentApplier(Overlay overlay, Applier applier) {
    this.overlay = overlay;
    this.applier = applier;
    this.book = overlay.book;
  }

  void begun(Change.Begun change, PendingNode node, Place spot) {
    if (node.operation == change.operation()) {
      overlay.fileApplier.freeze(node, spot);
    } else {
      node.note(spot);
    }
    if (change.operation() == Applier.making(node)) {
      node.begun = true;
      return;
    }
    Op op = overlay.ops.get(change.operation());
    if (op != null) {
      op.begun = true;
      if (op.type == Op.Type.TIMES && node.more().last == op.id) {
        node.more().last = 0;
      }
    }
  }

  /** An operation is at the source; {@code made} is the file there if one was made. */
  void sent(Change.Sent change, PendingNode node, @Nullable SourceNode made, Place spot) {
    if (change.operation() == Applier.making(node)) {
      PendingNode directory = book.node(change.parent());
      if (made != null) {
        node.base = made;
        book.addFile(node);
      } else {
        // Given up: it is nowhere now.
        node.links = 0;
      }
      node.begun = false;
      applier.replaced(node);
      if (directory != null && change.name().length > 0) {
        applier.forgetName(directory, Overlay.name(change.name()), change.operation());
        applier.leave(directory);
      }
      book.unuse(node);
    } else {
      applier.keepUnlinking(overlay.ops.get(change.operation()), spot);
      applier.retire(change.operation());
    }
    thaw(node, change.operation());
    Attributes known = change.known();
    if (known != null && change.operation() == Applier.making(node)) {
      // As long as the record of its making is there, so must be that it was made.
      node.noteName(spot);
      sent(node, known, change.links());
    } else if (known != null) {
      keepSent(node, spot);
      sent(node, known, change.links());
    } else {
      node.links = Math.min(node.links, change.links());
      node.more().versionUnknown = true;
      // It says how many names are left.
      node.noteName(spot);
      if (node.links == 0) {
        applier.cancelAll(node);
      }
    }
  }

  /** Records of names that came and went may be gone already, so the number of names is told. */
  private static void sent(PendingNode node, Attributes known, int links) {
    node.sent(known);
    node.links = links;
  }

  private void keepSent(PendingNode node, Place spot) {
    PendingNode.More more = node.more();
    long[] before = more.sent;
    if (before != null) {
      applier.release(NodeBook.unpack(before[0], before[1]));
    }
    more.sent = new long[] {spot.sequence(), NodeBook.pack(spot)};
  }

  /** Takes out a layer that is at the source, unless it is all there is of a file that is gone. */
  private void thaw(PendingNode node, long operation) {
    Frozen first = node.frozen;
    if (first == null
        || first.operation != operation
        || (node.links == 0 && overlay.isKept(node))) {
      return;
    }
    node.frozen = first.next;
    applier.release(first.extents, first.records);
  }
}
