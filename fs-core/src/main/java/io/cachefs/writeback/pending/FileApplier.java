package io.cachefs.writeback.pending;

import io.cachefs.base.Mode;
import io.cachefs.base.Name;
import io.cachefs.base.Timestamp;
import io.cachefs.writeback.journal.Place;
import io.cachefs.writeback.queue.Kind;
import io.cachefs.writeback.queue.Operation;
import java.util.ArrayList;
import java.util.List;

/** Applies changes of one file that are in the log, as {@link Applier} does for names. */
final class FileApplier {
  private final Overlay overlay;
  private final Applier applier;

  FileApplier(Overlay overlay, Applier applier) {
    this.overlay = overlay;
    this.applier = applier;
  }

  private void release(Place spot) {
    overlay.release(spot);
  }

  void data(PendingNode node, Change.Data change, Place spot) {
    long end = change.offset() + spot.length();
    content(node, change.before());
    Extents extents = node.extents;
    if (extents == null) {
      extents = new Extents();
      node.extents = extents;
    }
    extents.put(change.offset(), end, spot, 0, this::release);
    grow(node, end);
    written(node, change.time(), spot);
  }

  void zero(PendingNode node, Change.Zero change, Place spot) {
    content(node, change.before());
    long end = Math.min(change.end(), change.size());
    Extents extents = node.extents;
    if (extents != null) {
      extents.remove(change.start(), change.end(), this::release);
    }
    if (change.start() < end && change.start() < node.limit) {
      if (extents == null) {
        extents = new Extents();
        node.extents = extents;
      }
      extents.put(change.start(), Math.min(end, node.limit), null, 0, this::release);
    }
    grow(node, change.size());
    node.note(spot);
    written(node, change.time(), spot);
  }

  void truncate(PendingNode node, Change.Truncate change, Place spot) {
    content(node, change.before());
    if (change.size() < node.size) {
      Extents extents = node.extents;
      if (extents != null) {
        extents.remove(change.size(), PendingNode.ALL, this::release);
      }
      node.limit = Math.min(node.limit, change.size());
      node.size = change.size();
    } else {
      grow(node, change.size());
    }
    node.note(spot);
    written(node, change.time(), spot);
  }

  private static void content(PendingNode node, long before) {
    node.size = before;
    node.dirty = (byte) (node.dirty | PendingNode.CONTENT);
  }

  private static void grow(PendingNode node, long size) {
    if (size > node.size) {
      node.limit = Math.min(node.limit, node.size);
      node.size = size;
    }
  }

  private void written(PendingNode node, Timestamp time, Place spot) {
    node.setModified(time);
    node.setChanged(time);
    changed(node, PendingNode.MODIFIED, spot);
  }

  void setAttributes(PendingNode node, Change.SetAttributes change, Place spot) {
    node.mode = (node.mode & Mode.TYPE_MASK) | (change.mode() & Mode.PERMISSIONS);
    node.uid = change.uid();
    node.gid = change.gid();
    node.setAccessed(change.accessed());
    node.setModified(change.modified());
    node.setChanged(change.changed());
    node.note(spot);
    changed(node, change.bits(), spot);
  }

  void setXattr(PendingNode node, Change.SetXattr change, Place spot) {
    List<Xattr> list = new ArrayList<>();
    for (Xattr each : node.xattrs()) {
      if (!each.has(change.name())) {
        list.add(each);
      }
    }
    // What is not at the source need not go from there.
    if (change.value() != null || !Applier.isToBeMade(node) || node.frozen != null) {
      list.add(new Xattr(change.name(), change.value()));
    }
    node.more().xattrs = List.copyOf(list);
    int bits = PendingNode.XATTRS;
    if (node.mode != change.mode()) {
      node.mode = change.mode();
      bits |= PendingNode.MODE;
    }
    node.setChanged(change.changed());
    node.capabilityChecked = false;
    node.note(spot);
    changed(node, bits, spot);
  }

  /** Sees that what was changed is sent. */
  private void changed(PendingNode node, int bits, Place spot) {
    node.dirty = (byte) (node.dirty | bits);
    if (node.operation != 0) {
      if (node.writers == 0) {
        overlay.queue.postpone(node.operation, applier.notBefore(node));
      }
      return;
    }
    if (node.links == 0) {
      return;
    }
    if (spot.length() > 0) {
      // It says which operation this is, also when its bytes are overwritten.
      overlay.share(spot);
      node.note(spot);
    }
    long id = spot.sequence() << 2;
    PendingNode directory = node.parent;
    Name name = node.name;
    Op op = new Op(id, Op.Type.CHANGE, node, null).in(directory, name);
    overlay.ops.put(id, op);
    node.operation = id;
    overlay.book.use(node);
    List<Operation.Place> places = List.of();
    if (directory != null && name != null) {
      applier.enter(directory);
      places = List.of(new Operation.Place(directory.number, name));
      node.tick = directory.more().adds + directory.more().others;
    }
    overlay.queue.add(
        new Operation(id, Kind.CHANGE, 0, List.of(node.number), places), applier.notBefore(node));
  }

  /** Keeps later changes apart from those up to now. */
  void freeze(PendingNode node, Place spot) {
    if (node.operation != 0 && node.operation == Applier.making(node)) {
      // The record of its making is there until the node goes: later changes are none of that.
      node.noteName(spot);
    } else {
      node.note(spot);
    }
    if (node.operation == 0) {
      return;
    }
    Frozen layer = new Frozen(node);
    Frozen last = node.frozen;
    if (last == null) {
      node.frozen = layer;
    } else {
      while (last.next != null) {
        last = last.next;
      }
      last.next = layer;
    }
    node.operation = 0;
    node.dirty = 0;
    node.extents = null;
    node.limit = PendingNode.ALL;
    node.records = PendingNode.NONE;
    if (node.more != null) {
      node.more.xattrs = List.of();
    }
  }
}
