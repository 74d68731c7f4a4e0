package io.cachefs.writeback.pending;

import io.cachefs.base.AttributeChange;
import io.cachefs.base.AttributeChange.TimeChange;
import io.cachefs.base.Attributes;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Mode;
import io.cachefs.base.Name;
import io.cachefs.base.Version;
import io.cachefs.source.Found;
import io.cachefs.source.SourceNode;
import io.cachefs.writeback.journal.Place;
import io.cachefs.writeback.queue.Operation;
import io.cachefs.writeback.send.Basis;
import io.cachefs.writeback.send.Book;
import io.cachefs.writeback.send.Receipt;
import io.cachefs.writeback.send.Shipment;
import io.cachefs.writeback.send.UntouchedException;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Says what operations mean when they are sent, and forgets what is at the source. */
final class Shipping implements Book {
  /** What trying again will not mend. */
  private static final Set<Errno> PERMANENT =
      Set.of(Errno.EACCES, Errno.EPERM, Errno.EROFS, Errno.ENAMETOOLONG, Errno.EINVAL);

  private static final byte[] NO_NAME = {};

  private final Overlay overlay;
  private final LastPins pins;

  Shipping(Overlay overlay) {
    this.overlay = overlay;
    this.pins = new LastPins(overlay);
  }

  @Override
  public @Nullable Shipment begin(Operation operation) throws FsException {
    if (operation.makes() != 0) {
      PendingNode node = overlay.book.node(operation.makes());
      return node == null ? null : beginMake(operation, node);
    }
    Op op = overlay.ops.get(operation.sequence());
    if (op == null) {
      return null;
    }
    Shipment shipment;
    Locks.Held held = overlay.locks.hold(op.node, op.directory, op.newDirectory, op.replaced);
    try {
      overlay.sendings.next(op.node, op.directory, op.newDirectory, op.replaced);
      shipment = begin(op);
    } finally {
      held.close();
    }
    if (shipment == null) {
      overlay.tidy(op.node, op.directory, op.newDirectory, op.replaced);
    } else if (op.type == Op.Type.REMOVE) {
      pins.goes(op.node, op.directory, op.name);
    } else if (op.type == Op.Type.RENAME) {
      pins.goes(op.replaced, op.newDirectory, op.newName);
    }
    return shipment;
  }

  // --- New files ---

  private @Nullable Shipment beginMake(Operation operation, PendingNode node) throws FsException {
    Operation.Place place = operation.places().get(0);
    PendingNode directory = overlay.book.node(place.directory());
    PendingNode replaces = node.replaces();
    Shipment shipment = null;
    Locks.Held held = overlay.locks.hold(node, directory, replaces);
    try {
      overlay.sendings.next(node, directory, replaces);
      if (node.refused && node.links == 0) {
        giveUp(operation.sequence(), node, place);
      } else {
        SourceNode in = directory == null ? null : directory.base;
        if (directory == null || in == null) {
          throw new FsException(Errno.ENOENT, "its directory is not at the source");
        }
        boolean maybeSent = node.begun;
        appendBegun(operation.sequence(), node);
        shipment = make(node, directory, in, place.name(), replaces, maybeSent);
      }
    } finally {
      held.close();
    }
    if (shipment == null) {
      overlay.tidy(node, directory, replaces);
    } else {
      pins.goes(replaces, directory, place.name());
    }
    return shipment;
  }

  private void appendBegun(long operation, PendingNode node) throws FsException {
    Change.Begun change = new Change.Begun(operation, node.number);
    overlay.sentApplier.begun(change, node, overlay.log.append(change.kind(), change.head()));
  }

  private void giveUp(long operation, PendingNode node, Operation.@Nullable Place place)
      throws FsException {
    Change.Sent change =
        new Change.Sent(
            operation,
            node.number,
            place == null ? 0 : place.directory(),
            place == null ? NO_NAME : place.name().bytes(),
            node.links,
            null,
            NO_NAME,
            null);
    Place spot = overlay.log.append(change.kind(), change.head());
    overlay.sentApplier.sent(change, node, null, spot);
  }

  private Shipment make(
      PendingNode node,
      PendingNode directory,
      SourceNode in,
      Name name,
      @Nullable PendingNode replaces,
      boolean maybeSent)
      throws FsException {
    Frozen layer = layer(node, Applier.making(node));
    boolean symlink = Mode.isSymlink(layer.mode);
    AttributeChange attributes =
        new AttributeChange(
            symlink ? null : layer.mode & Mode.PERMISSIONS,
            layer.uid,
            layer.gid,
            null,
            new TimeChange.At(layer.accessed),
            new TimeChange.At(layer.modified),
            false);
    return new Shipment.Make(
        overlay.path(directory, name),
        in,
        name,
        overlay.temporary.of(node),
        layer.mode,
        node.device(),
        node.more == null ? NO_NAME : node.more.target,
        attributes,
        layer.xattrs.stream()
            .filter(xattr -> xattr.value() != null)
            .map(Shipping::shipped)
            .toList(),
        layer.hasContent() ? new Snapshot(overlay, node, layer) : null,
        replaces == null ? null : basis(replaces, true),
        maybeSent);
  }

  private static Shipment.XattrChange shipped(Xattr xattr) {
    return new Shipment.XattrChange(xattr.name(), xattr.value());
  }

  private static Frozen layer(PendingNode node, long operation) throws FsException {
    for (Frozen each = node.frozen; each != null; each = each.next) {
      if (each.operation == operation) {
        return each;
      }
    }
    throw new FsException(Errno.EIO, "an operation without its changes");
  }

  private static @Nullable Basis basis(PendingNode node, boolean withVersion) {
    SourceNode base = node.base;
    Version version = withVersion ? node.version() : null;
    return base == null ? null : new Basis(base.id(), version);
  }

  // --- Others ---

  private @Nullable Shipment begin(Op op) throws FsException {
    PendingNode node = op.node;
    Basis basis = basis(node, op.type == Op.Type.REMOVE || op.type == Op.Type.CHANGE);
    boolean gone = node.links == 0 && (op.type == Op.Type.CHANGE || op.type == Op.Type.TIMES);
    SourceNode base = node.base;
    if (base == null || basis == null || gone) {
      giveUp(op.id, node, null);
      return null;
    }
    boolean maybeSent = op.begun && !op.untouched;
    op.maybeSent = maybeSent;
    op.untouched = false;
    appendBegun(op.id, node);
    String path = overlay.path(op.directory, op.name);
    return switch (op.type) {
      case CHANGE -> change(op, node, base, basis, maybeSent);
      case TIMES -> times(node, base, basis, maybeSent);
      case LINK -> new Shipment.Link(path, base, baseOf(op.directory), nameOf(op.name), maybeSent);
      case REMOVE ->
          new Shipment.Remove(
              path, baseOf(op.directory), nameOf(op.name), basis, node.isDirectory(), maybeSent);
      case RENAME ->
          new Shipment.Rename(
              path,
              overlay.path(op.newDirectory, op.newName),
              baseOf(op.directory),
              nameOf(op.name),
              baseOf(op.newDirectory),
              nameOf(op.newName),
              op.flags,
              basis,
              op.replaced == null ? null : basis(op.replaced, true),
              maybeSent);
    };
  }

  private static SourceNode baseOf(@Nullable PendingNode node) throws FsException {
    SourceNode base = node == null ? null : node.base;
    if (base == null) {
      throw new FsException(Errno.ENOENT, "its directory is not at the source");
    }
    return base;
  }

  private static Name nameOf(@Nullable Name name) throws FsException {
    if (name == null) {
      throw new FsException(Errno.EIO, "an operation without a name");
    }
    return name;
  }

  private Shipment change(Op op, PendingNode node, SourceNode base, Basis basis, boolean maybeSent)
      throws FsException {
    Frozen layer = layer(node, op.id);
    int dirty = layer.dirty;
    boolean owner = (dirty & PendingNode.OWNER) != 0;
    AttributeChange attributes =
        new AttributeChange(
            (dirty & PendingNode.MODE) != 0 ? layer.mode & Mode.PERMISSIONS : null,
            owner ? layer.uid : null,
            owner ? layer.gid : null,
            null,
            (dirty & PendingNode.ACCESSED) != 0 ? new TimeChange.At(layer.accessed) : null,
            (dirty & PendingNode.MODIFIED) != 0 ? new TimeChange.At(layer.modified) : null,
            false);
    PendingNode parent = node.parent;
    SourceNode directory = parent == null ? null : parent.base;
    Name name = node.name;
    SourceNode.Where where = directory == null || name == null ? base.where() : null;
    return new Shipment.Change(
        overlay.path(parent, name),
        base,
        basis,
        layer.hasContent() ? new Snapshot(overlay, node, layer) : null,
        layer.xattrs.stream().map(Shipping::shipped).toList(),
        attributes,
        where == null ? directory : where.directory(),
        where == null ? name : where.name(),
        maybeSent);
  }

  private Shipment times(PendingNode node, SourceNode base, Basis basis, boolean maybeSent) {
    return new Shipment.Change(
        overlay.path(node.parent, node.name),
        base,
        basis,
        null,
        List.of(),
        AttributeChange.NONE.withTimes(null, new TimeChange.At(node.modified())),
        maybeSent);
  }

  // --- What came of it ---

  @Override
  public void sent(Operation operation, Shipment shipment, Receipt receipt) {
    Op op = overlay.ops.get(operation.sequence());
    PendingNode node =
        operation.makes() != 0 ? overlay.book.node(operation.makes()) : op == null ? null : op.node;
    if (node == null) {
      return;
    }
    Operation.Place place = operation.places().isEmpty() ? null : operation.places().get(0);
    PendingNode directory = place == null ? null : overlay.book.node(place.directory());
    PendingNode newDirectory = op == null ? null : op.newDirectory;
    PendingNode replaced = op == null ? node.replaces() : op.replaced;
    boolean making = operation.makes() != 0;
    Found after =
        receipt.given() || (receipt.movedAside() != null && !making) ? null : receipt.after();
    if (shipment instanceof Shipment.Remove) {
      after = null;
    } else if (after == null && shipment instanceof Shipment.Change) {
      after = asBefore(node);
    }
    Locks.Held held = overlay.locks.hold(node, directory, newDirectory, replaced);
    try {
      Change.Sent change =
          new Change.Sent(
              operation.sequence(),
              node.number,
              making && place != null ? place.directory() : 0,
              making && place != null ? place.name().bytes() : NO_NAME,
              node.links,
              after == null ? null : after.node().id(),
              after == null ? NO_NAME : after.node().handle(),
              after == null ? null : after.attributes());
      Place spot = appendSent(change);
      overlay.sentApplier.sent(change, node, after == null ? null : after.node(), spot);
      if (replaced != null && (op == null || op.flags != Applier.EXCHANGE)) {
        sayNamesLeft(replaced, operation.sequence());
      }
    } finally {
      overlay.sendings.next(node, directory, newDirectory, replaced);
      held.close();
    }
    tell(receipt, node, directory, place);
    overlay.tidy(node, directory, newDirectory, replaced);
  }

  /**
   * Says how many names a file has that lost one to another: nothing else may tell of that when the
   * log is read again, as the other is forgotten as soon as it is at the source.
   */
  private void sayNamesLeft(PendingNode replaced, long operation) {
    if (overlay.isIdle(replaced)) {
      return;
    }
    Change.Sent change =
        new Change.Sent(
            operation, replaced.number, 0, NO_NAME, replaced.links, null, NO_NAME, null);
    replaced.noteName(appendSent(change));
  }

  /**
   * Ours was kept elsewhere or given up: what comes later is based on the same as it was, so that
   * it does not go into the version of others.
   */
  private @Nullable Found asBefore(PendingNode node) {
    Locks.Held held = overlay.locks.hold(node);
    try {
      SourceNode base = node.base;
      Attributes known = node.version() == null ? null : node.more().known;
      return base == null || known == null ? null : new Found(base, known);
    } finally {
      held.close();
    }
  }

  /** A record that cannot be written is missed only after a crash: then it is sent again. */
  private Place appendSent(Change.Sent change) {
    try {
      return overlay.log.append(change.kind(), change.head());
    } catch (FsException e) {
      return new Place(0, 0, 0, 0, 0);
    }
  }

  private void tell(
      Receipt receipt,
      PendingNode node,
      @Nullable PendingNode directory,
      Operation.@Nullable Place place) {
    overlay.news.attributesChanged(node.face);
    if (receipt.given() || receipt.movedAside() != null) {
      overlay.news.contentChanged(node.face);
      if (directory != null && place != null) {
        overlay.news.nameChanged(directory.face, place.name());
        overlay.news.nameChanged(directory.face, receipt.movedAside());
      }
    }
  }

  @Override
  public void failed(Operation operation, FsException why) {
    Op op = overlay.ops.get(operation.sequence());
    PendingNode node =
        operation.makes() != 0 ? overlay.book.node(operation.makes()) : op == null ? null : op.node;
    if (node == null) {
      return;
    }
    if (op != null) {
      op.untouched = why instanceof UntouchedException && !op.maybeSent;
    }
    Locks.Held held = overlay.locks.hold(node);
    try {
      node.more().error = why;
      node.refused |= operation.makes() != 0 && PERMANENT.contains(why.errno());
    } finally {
      held.close();
    }
  }
}
