package io.cachefs.writeback.pending;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Mode;
import io.cachefs.base.Name;
import io.cachefs.source.FileId;
import io.cachefs.source.SourceNode;
import io.cachefs.writeback.journal.Place;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** Applies the records of the log again, in their order. */
final class Replaying {
  /** Stands for a name that is not known; the file is found by its handle. */
  private static final String UNKNOWN = ".cachefs-unknown";

  private final Overlay overlay;

  Replaying(Overlay overlay) {
    this.overlay = overlay;
  }

  void record(int kind, byte[] head, Place spot) throws FsException {
    Change change;
    try {
      change = Change.read(kind, head);
    } catch (RuntimeException e) {
      // Its checksum is right, so it was written by a version that is not this one.
      throw new FsException(Errno.EIO, "a record of an unknown kind", e);
    }
    apply(change, spot);
  }

  private void apply(Change change, Place spot) throws FsException {
    Applier applier = overlay.applier;
    if (change instanceof Change.Adopt adopt) {
      adopt(adopt, spot);
    } else if (change instanceof Change.Make make) {
      applier.make(make, spot, false);
    } else {
      applyToNode(change, spot);
    }
  }

  private void adopt(Change.Adopt adopt, Place spot) throws FsException {
    PendingNode before = overlay.book.of(adopt.file());
    if (before != null) {
      // It was forgotten in between.
      before.uses = 0;
      Forgetting.drop(overlay, before, new ArrayDeque<>());
    }
    boolean isRoot = adopt.file().equals(overlay.root.id());
    SourceNode base =
        isRoot
            ? overlay.root
            : restored(
                adopt.file(),
                adopt.known().mode(),
                adopt.handle(),
                overlay.book.node(adopt.parent()),
                adopt.name());
    overlay.applier.adopt(adopt, spot, base);
  }

  private SourceNode restored(
      FileId file, int mode, byte[] handle, @Nullable PendingNode parent, byte[] name)
      throws FsException {
    SourceNode directory = parent == null ? null : parent.base;
    Name called = name.length == 0 ? Name.of(UNKNOWN) : Overlay.name(name);
    return overlay.base.restore(
        file, mode & Mode.TYPE_MASK, handle, directory == null ? overlay.root : directory, called);
  }

  private void applyToNode(Change change, Place spot) throws FsException {
    Applier applier = overlay.applier;
    PendingNode node = overlay.book.node(nodeOf(change));
    if (change instanceof Change.Remove remove) {
      applier.remove(node, remove, spot);
      return;
    }
    if (node == null) {
      // All that it is about was sent or is gone.
      overlay.release(spot);
      return;
    }
    if (change instanceof Change.Data data) {
      overlay.fileApplier.data(node, data, spot);
    } else if (change instanceof Change.Zero zero) {
      overlay.fileApplier.zero(node, zero, spot);
    } else if (change instanceof Change.Truncate truncate) {
      overlay.fileApplier.truncate(node, truncate, spot);
    } else if (change instanceof Change.SetAttributes set) {
      overlay.fileApplier.setAttributes(node, set, spot);
    } else if (change instanceof Change.SetXattr set) {
      overlay.fileApplier.setXattr(node, set, spot);
    } else if (change instanceof Change.Link link) {
      applier.link(node, link, spot);
    } else if (change instanceof Change.Rename rename) {
      applier.rename(node, rename, spot);
    } else if (change instanceof Change.Freeze) {
      overlay.fileApplier.freeze(node, spot);
    } else if (change instanceof Change.Begun begun) {
      overlay.sentApplier.begun(begun, node, spot);
    } else if (change instanceof Change.Sent sent) {
      sent(sent, node, spot);
    }
  }

  private void sent(Change.Sent sent, PendingNode node, Place spot) throws FsException {
    overlay.queue.cancel(sent.operation());
    SourceNode made = null;
    if (sent.operation() == Applier.making(node) && sent.file() != null && sent.known() != null) {
      PendingNode parent = overlay.book.node(sent.parent());
      made = restored(sent.file(), sent.known().mode(), sent.handle(), parent, sent.name());
    }
    overlay.sentApplier.sent(sent, node, made, spot);
  }

  private static long nodeOf(Change change) {
    if (change instanceof Change.Data data) {
      return data.node();
    } else if (change instanceof Change.Zero zero) {
      return zero.node();
    } else if (change instanceof Change.Truncate truncate) {
      return truncate.node();
    } else if (change instanceof Change.SetAttributes set) {
      return set.node();
    } else if (change instanceof Change.SetXattr set) {
      return set.node();
    } else if (change instanceof Change.Link link) {
      return link.node();
    } else if (change instanceof Change.Remove remove) {
      return remove.node();
    } else if (change instanceof Change.Rename rename) {
      return rename.node();
    } else if (change instanceof Change.Freeze freeze) {
      return freeze.node();
    } else if (change instanceof Change.Begun begun) {
      return begun.node();
    }
    return change instanceof Change.Sent sent ? sent.node() : 0;
  }

  /** All records were applied: what nobody has open and nobody needs goes. */
  void end() {
    overlay.tidy(overlay.book.all().toArray(new PendingNode[0]));
  }
}
