package io.cachefs.writeback.pending;

import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.base.Timestamp;
import io.cachefs.source.SourceNode;
import io.cachefs.writeback.journal.Place;
import io.cachefs.writeback.pending.PendingChange.Kind;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Says what is pending, for people. What changes meanwhile may be said as it was or as it is. */
final class Inventory {
  private final Overlay overlay;
  private final Lookup lookup;

  Inventory(Overlay overlay, Lookup lookup) {
    this.overlay = overlay;
    this.lookup = lookup;
  }

  /** Shows all that is to be sent, in no order. */
  void visit(PendingChange.Visitor visitor) {
    for (PendingNode node : overlay.book.all()) {
      PendingChange change;
      Locks.Held held = overlay.locks.hold(node);
      try {
        change = node.dropped ? null : ofFile(node);
      } finally {
        held.close();
      }
      if (change != null) {
        visitor.visit(change);
      }
    }
    for (Op op : overlay.ops.values()) {
      if (op.type != Op.Type.CHANGE) {
        visitor.visit(ofOperation(op));
      }
    }
  }

  private @Nullable PendingChange ofFile(PendingNode node) {
    List<Long> operations = operations(node);
    if (operations.isEmpty() || node.links == 0) {
      return null;
    }
    boolean isNew = operations.get(0) == Applier.making(node);
    Kind kind = isNew ? Kind.MAKE : node.hasContent() ? Kind.CONTENT : Kind.ATTRIBUTES;
    boolean hasContent = node.isRegular() && node.hasContent();
    return new PendingChange(
        overlay.path(node.parent, node.name),
        null,
        kind,
        since(node, operations.get(0)),
        hasContent ? node.size : -1,
        operations);
  }

  private static List<Long> operations(PendingNode node) {
    List<Long> operations = new ArrayList<>(2);
    for (Frozen each = node.frozen; each != null; each = each.next) {
      operations.add(each.operation);
    }
    if (node.operation != 0) {
      operations.add(node.operation);
    }
    return operations;
  }

  private long since(PendingNode node, long operation) {
    Op op = overlay.ops.get(operation);
    if (op != null) {
      return op.since;
    }
    Timestamp born = node.born();
    return born == null ? node.changed().seconds() : born.seconds();
  }

  private PendingChange ofOperation(Op op) {
    Kind kind =
        switch (op.type) {
          case LINK -> Kind.LINK;
          case REMOVE -> Kind.REMOVE;
          case RENAME -> Kind.RENAME;
          default -> Kind.TIMES;
        };
    PendingNode node = op.node;
    String path =
        kind == Kind.TIMES
            ? overlay.path(node.parent, node.name)
            : overlay.path(op.directory, op.name);
    String newPath = op.newName == null ? null : overlay.path(op.newDirectory, op.newName);
    return new PendingChange(path, newPath, kind, op.since, -1, List.of(op.id));
  }

  PendingChange.Totals totals() {
    long files = 0;
    long bytes = 0;
    long oldest = Long.MAX_VALUE;
    for (PendingNode node : overlay.book.all()) {
      Locks.Held held = overlay.locks.hold(node);
      try {
        List<Long> operations = node.dropped ? List.of() : operations(node);
        if (!operations.isEmpty() && node.links > 0) {
          files++;
          bytes += bytes(node);
          oldest = Math.min(oldest, since(node, operations.get(0)));
        }
      } finally {
        held.close();
      }
    }
    for (Op op : overlay.ops.values()) {
      oldest = Math.min(oldest, op.since);
    }
    return new PendingChange.Totals(files, bytes, oldest);
  }

  private static long bytes(PendingNode node) {
    long bytes = bytes(node.extents);
    for (Frozen each = node.frozen; each != null; each = each.next) {
      bytes += bytes(each.extents);
    }
    return bytes;
  }

  private static long bytes(@Nullable Extents extents) {
    long bytes = 0;
    if (extents != null) {
      for (Extents.Piece piece : extents.all()) {
        bytes += piece.spot() == null ? 0 : piece.length();
      }
    }
    return bytes;
  }

  /** Reads all bytes that wait, which compares them with their checksums; returns how many. */
  long verify(BiConsumer<String, String> wrong, BooleanSupplier ends) {
    long bytes = 0;
    ByteBuffer one = ByteBuffer.allocateDirect(1);
    for (PendingNode node : overlay.book.all()) {
      if (ends.getAsBoolean()) {
        break;
      }
      Set<Long> seen = new HashSet<>();
      for (Extents.Piece piece : pieces(node)) {
        Place spot = piece.spot();
        if (spot != null && seen.add(spot.sequence())) {
          bytes += spot.length();
          try {
            // The whole payload is compared; one that is gone was sent meanwhile, or moved.
            boolean ignored = overlay.log.read(spot, 0, one.clear());
            assert ignored || spot.length() >= 0;
          } catch (FsException e) {
            wrong.accept(overlay.path(node.parent, node.name), String.valueOf(e.getMessage()));
          }
        }
      }
    }
    return bytes;
  }

  private List<Extents.Piece> pieces(PendingNode node) {
    List<Extents.Piece> pieces = new ArrayList<>();
    Locks.Held held = overlay.locks.hold(node);
    try {
      for (Frozen each = node.frozen; each != null; each = each.next) {
        if (each.extents != null) {
          pieces.addAll(each.extents.all());
        }
      }
      if (node.extents != null) {
        pieces.addAll(node.extents.all());
      }
    } finally {
      held.close();
    }
    return pieces;
  }

  /**
   * Returns what sends the changes of the file that a path stands for here, by any of its names.
   */
  List<Long> operations(String path) throws FsException {
    SourceNode at = overlay.root;
    for (String part : path.split("/", -1)) {
      if (!part.isEmpty() && !part.equals(".")) {
        at = lookup.find(at, Name.of(part)).node();
      }
    }
    PendingNode node = overlay.book.of(at);
    if (node == null) {
      return List.of();
    }
    Locks.Held held = overlay.locks.hold(node);
    try {
      return operations(node);
    } finally {
      held.close();
    }
  }
}
