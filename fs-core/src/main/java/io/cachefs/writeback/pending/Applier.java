package io.cachefs.writeback.pending;

import io.cachefs.base.Mode;
import io.cachefs.base.Name;
import io.cachefs.base.Timestamp;
import io.cachefs.source.SourceNode;
import io.cachefs.writeback.journal.Place;
import io.cachefs.writeback.queue.Kind;
import io.cachefs.writeback.queue.Operation;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Applies changes of nodes and names that are in the log: when they are made, and when the log is
 * read again. Called with the locks of the nodes. A change of a node that is not known any more is
 * of no use.
 */
final class Applier {
  static final int EXCHANGE = 2;

  private final Overlay overlay;
  private final NodeBook book;

  Applier(Overlay overlay) {
    this.overlay = overlay;
    this.book = overlay.book;
  }

  void release(Place spot) {
    overlay.release(spot);
  }

  /** The operation that makes a node at the source. */
  static long making(PendingNode node) {
    return node.number << 2;
  }

  static boolean isToBeMade(PendingNode node) {
    return node.face instanceof LocalNode && node.base == null;
  }

  // --- Nodes come ---

  PendingNode adopt(Change.Adopt change, Place spot, SourceNode base) {
    LocalNode alias = book.aliases.of(change.file());
    PendingNode node =
        new PendingNode(spot.sequence(), NodeBook.pack(spot), alias == null ? base : alias);
    node.base = base;
    node.mode = change.known().mode();
    node.setDevice(change.known().specialDevice());
    node.refresh(change.known());
    node.more().settled = overlay.sendings.count();
    PendingNode parent = change.parent() == 0 ? null : book.node(change.parent());
    if (parent != null) {
      node.more().adoptedUnder = parent;
      book.use(parent);
      setPlace(node, parent, Overlay.name(change.name()));
    }
    book.add(node);
    return node;
  }

  private void setPlace(PendingNode node, @Nullable PendingNode parent, @Nullable Name name) {
    PendingNode before = node.parent;
    if (parent != null) {
      book.use(parent);
    }
    node.parent = parent;
    node.name = name;
    if (before != null) {
      book.unuse(before);
    }
  }

  /**
   * @param kept whether somebody has it open for writing
   */
  PendingNode make(Change.Make change, Place spot, boolean kept) {
    LocalNode face = new LocalNode(spot.sequence(), change.mode() & Mode.TYPE_MASK);
    PendingNode node = new PendingNode(spot.sequence(), NodeBook.pack(spot), face);
    node.mode = change.mode();
    node.setDevice(change.device());
    node.uid = change.uid();
    node.gid = change.gid();
    node.setAccessed(change.time());
    node.setModified(change.time());
    node.setChanged(change.time());
    node.setBorn(change.time());
    node.limit = 0;
    node.keepers = kept ? 1 : 0;
    node.writers = kept ? 1 : 0;
    node.unnamed = change.name().length == 0;
    if (change.target().length > 0) {
      node.more().target = change.target();
      node.size = change.target().length;
    }
    if (!change.xattrs().isEmpty()) {
      node.more().xattrs = change.xattrs();
    }
    book.add(node);
    PendingNode directory = book.node(change.parent());
    if (directory != null && change.name().length > 0) {
      if (change.cancelled() != 0) {
        overlay.queue.cancel(change.cancelled());
        retire(change.cancelled());
      }
      PendingNode replaces = change.replaces() == 0 ? null : book.node(change.replaces());
      Name name = Overlay.name(change.name());
      node.links = node.isDirectory() ? 2 : 1;
      enqueueMaking(node, directory, name, replaces, spot, 1, change.time());
    }
    return node;
  }

  /** Nobody has a file open for writing any more: what waited for that is sent soon. */
  void waitsNoLonger(PendingNode node) {
    long soon = notBefore(node);
    for (Frozen each = node.frozen; each != null; each = each.next) {
      overlay.queue.postpone(each.operation, soon);
    }
    if (node.operation != 0) {
      overlay.queue.postpone(node.operation, soon);
    }
  }

  /** Who made the file has it open for reading only. */
  void isReadOnly(PendingNode node) {
    Locks.Held held = overlay.locks.hold(node);
    try {
      node.writers--;
      waitsNoLonger(node);
    } finally {
      held.close();
    }
  }

  private void enqueueMaking(
      PendingNode node,
      PendingNode directory,
      Name name,
      @Nullable PendingNode replaces,
      Place spot,
      int which,
      Timestamp time) {
    long id = making(node);
    Names.Entry before = directory.more().names().get(name);
    node.fresh = before == null;
    book.use(node);
    node.operation = id;
    if (replaces != null) {
      node.more().replaces = replaces;
      book.use(replaces);
    }
    setPlace(node, directory, name);
    enter(directory);
    if (node.isDirectory()) {
      directory.links++;
    }
    Operation making = node.makingUnder(replaces, directory, name);
    overlay.queue.add(making, notBefore(node));
    directory.more().names().put(name, node, id);
    directory.more().count(making.kind());
    node.tick = directory.more().others;
    namesChanged(directory, time, spot, which);
  }

  long notBefore(PendingNode node) {
    PendingSettings settings = overlay.settings;
    long delay = node.writers > 0 ? settings.openDelay().toNanos() : settings.delay().toNanos();
    return overlay.ticks.getAsLong() + delay;
  }

  void enter(PendingNode directory) {
    directory.more().inside++;
    book.use(directory);
  }

  void leave(@Nullable PendingNode directory) {
    if (directory != null) {
      directory.more().inside--;
      book.unuse(directory);
    }
  }

  /** Notes the times of a directory and that they are to be sent when all else in it is. */
  private void namesChanged(PendingNode directory, Timestamp time, Place spot, int which) {
    directory.setModified(time);
    directory.setChanged(time);
    PendingNode.More more = directory.more();
    if (more.last == 0 && directory.links > 0) {
      long id = spot.sequence() << 2 | which;
      more.last = id;
      book.use(directory);
      overlay.ops.put(id, new Op(id, Op.Type.TIMES, directory, null));
      overlay.queue.add(
          new Operation(id, Kind.LAST, 0, List.of(directory.number), List.of()),
          notBefore(directory));
    }
  }

  // --- Names ---

  void link(PendingNode node, Change.Link change, Place spot) {
    PendingNode directory = book.node(change.parent());
    if (directory == null) {
      return;
    }
    Name name = Overlay.name(change.name());
    node.setChanged(change.time());
    if (node.links == 0) {
      // A file made without a name gets its first.
      node.links = 1;
      node.unnamed = false;
      node.noteName(spot);
      enqueueMaking(node, directory, name, null, spot, 1, change.time());
      return;
    }
    node.links++;
    node.linked = true;
    long id = spot.sequence() << 2;
    Op op = new Op(id, Op.Type.LINK, node, spot).in(directory, name);
    enqueue(op, Kind.ADD, List.of(node.number), change.time(), spot);
    directory.more().names().put(name, node, id);
  }

  private void enqueue(Op op, Kind kind, List<Long> nodes, Timestamp time, Place spot) {
    overlay.ops.put(op.id, op);
    book.use(op.node);
    if (op.replaced != null) {
      book.use(op.replaced);
    }
    List<Operation.Place> places = new ArrayList<>(2);
    place(op.directory, op.name, kind, places);
    place(op.newDirectory, op.newName, kind, places);
    overlay.queue.add(
        new Operation(op.id, kind, 0, nodes, List.copyOf(places)), notBefore(op.node));
    if (op.directory != null) {
      namesChanged(op.directory, time, spot, 1);
    }
    if (op.newDirectory != null && op.newDirectory != op.directory) {
      namesChanged(op.newDirectory, time, spot, 2);
    }
  }

  private void place(
      @Nullable PendingNode directory,
      @Nullable Name name,
      Kind kind,
      List<Operation.Place> places) {
    if (directory != null && name != null) {
      enter(directory);
      directory.more().count(kind);
      places.add(new Operation.Place(directory.number, name));
    }
  }

  /**
   * @param node null if it was not to be made and is forgotten
   */
  void remove(@Nullable PendingNode node, Change.Remove change, Place spot) {
    PendingNode directory = book.node(change.parent());
    PendingNode below = change.below() <= 0 ? null : book.node(change.below());
    if (directory == null || (node == null && below == null)) {
      // All that it is about was sent or is gone.
      release(spot);
      return;
    }
    Name name = Overlay.name(change.name());
    if (node == null) {
      if (below != null) {
        removeAtSource(below, directory, name, change.time(), spot);
      }
      return;
    }
    unlinked(node, directory, change.time());
    if (!change.cancels()) {
      removeAtSource(node, directory, name, change.time(), spot);
      return;
    }
    PendingNode replaced = cancelMaking(node);
    if (replaced != null) {
      overlay.share(spot);
      node.noteName(spot);
      removeAtSource(replaced, directory, name, change.time(), spot);
    } else {
      directory.more().names().remove(name);
      namesChanged(directory, change.time(), spot, 1);
      node.noteName(spot);
    }
  }

  private void removeAtSource(
      PendingNode node, PendingNode directory, Name name, Timestamp time, Place spot) {
    long id = spot.sequence() << 2;
    Op op = new Op(id, Op.Type.REMOVE, node, spot).in(directory, name);
    enqueue(op, Kind.REMOVE, List.of(node.number), time, spot);
    directory.more().names().putGone(name, node, id);
  }

  /** A node lost a name. */
  private void unlinked(PendingNode node, PendingNode directory, Timestamp time) {
    node.setChanged(time);
    if (node.isDirectory()) {
      node.links = 0;
      directory.links--;
    } else {
      node.links--;
    }
    if (node.links == 0) {
      cancelAll(node);
    }
  }

  /** Nothing of a file that is gone need be sent. */
  void cancelAll(PendingNode node) {
    cancelTimes(node);
    cancelChanges(node);
  }

  private void cancelTimes(PendingNode directory) {
    PendingNode.More more = directory.more;
    if (more != null && more.last != 0 && overlay.queue.cancel(more.last)) {
      retire(more.last);
    }
  }

  /** What was changed of a file that is gone need not be sent. */
  private void cancelChanges(PendingNode node) {
    long current = node.operation;
    if (current != 0 && current != making(node) && overlay.queue.cancel(current)) {
      doubtVersion(node, current);
      retire(current);
      node.operation = 0;
    }
    for (Frozen each = node.frozen; each != null; each = each.next) {
      if (each.operation != making(node) && overlay.queue.cancel(each.operation)) {
        doubtVersion(node, each.operation);
        retire(each.operation);
      }
    }
  }

  /** What was begun in an earlier life may be at the source: that it differs is no conflict. */
  private void doubtVersion(PendingNode node, long operation) {
    Op op = overlay.ops.get(operation);
    if (op != null && op.begun) {
      node.more().versionUnknown = true;
    }
  }

  /**
   * A node is not made at the source at all.
   *
   * @return what the source has under its name
   */
  private @Nullable PendingNode cancelMaking(PendingNode node) {
    overlay.queue.cancel(making(node));
    node.operation = node.operation == making(node) ? 0 : node.operation;
    PendingNode replaced = replaced(node);
    leave(node.parent);
    book.unuse(node);
    return replaced;
  }

  @Nullable PendingNode replaced(PendingNode node) {
    PendingNode replaced = node.replaces();
    if (replaced != null) {
      node.more().replaces = null;
      book.unuse(replaced);
    }
    return replaced;
  }

  void rename(PendingNode node, Change.Rename change, Place spot) {
    PendingNode directory = book.node(change.parent());
    PendingNode newDirectory = book.node(change.newParent());
    boolean movesMaking = (change.how() & Change.Rename.MOVES_MAKING) != 0;
    if (newDirectory == null || (directory == null && !movesMaking)) {
      return;
    }
    Name name = Overlay.name(change.name());
    Name newName = Overlay.name(change.newName());
    PendingNode replaced = change.replaced() == 0 ? null : book.node(change.replaced());
    node.setChanged(change.time());
    if (change.flags() == EXCHANGE && replaced != null && directory != null) {
      exchange(node, replaced, change, spot, directory, name, newDirectory, newName);
      return;
    }
    PendingNode atSource = change.below() == Change.NOT_SAID ? replaced : book.node(change.below());
    if (replaced != null) {
      unlinked(replaced, newDirectory, change.time());
      if ((change.how() & Change.Rename.CANCELS_REPLACED) != 0) {
        PendingNode was = cancelMaking(replaced);
        atSource = change.below() == Change.NOT_SAID ? was : atSource;
        overlay.share(spot);
        replaced.noteName(spot);
      }
    }
    if (directory == null) {
      // The one that it was first made in has gone since, and is forgotten.
      node.links = 1;
      enqueueMaking(node, newDirectory, newName, atSource, spot, 2, change.time());
      node.fresh = true;
      node.noteName(spot);
      return;
    }
    if (node.isDirectory() && directory != newDirectory) {
      directory.links--;
      newDirectory.links++;
    }
    if (movesMaking) {
      moveMaking(node, atSource, directory, name, newDirectory, newName);
      node.noteName(spot);
      namesChanged(directory, change.time(), spot, 1);
      namesChanged(newDirectory, change.time(), spot, 2);
      return;
    }
    long id = spot.sequence() << 2;
    Op op = new Op(id, Op.Type.RENAME, node, spot).in(directory, name);
    op.newDirectory = newDirectory;
    op.newName = newName;
    op.replaced = atSource;
    node.linked = true;
    List<Long> nodes =
        atSource == null ? List.of(node.number) : List.of(node.number, atSource.number);
    enqueue(op, Kind.CHANGE, nodes, change.time(), spot);
    directory.more().names().putGone(name, node, id);
    newDirectory.more().names().put(newName, node, id);
    setPlace(node, newDirectory, newName);
  }

  private void moveMaking(
      PendingNode node,
      @Nullable PendingNode replaces,
      PendingNode directory,
      Name name,
      PendingNode newDirectory,
      Name newName) {
    Operation moved = node.makingUnder(replaces, newDirectory, newName);
    // When the log is read again the queue still has it under its old name.
    overlay.queue.replace(moved.sequence(), moved, notBefore(node));
    enter(newDirectory);
    leave(directory);
    if (replaces != null) {
      node.more().replaces = replaces;
      book.use(replaces);
    }
    directory.more().names().remove(name);
    node.fresh = true;
    newDirectory.more().names().put(newName, node, moved.sequence());
    setPlace(node, newDirectory, newName);
    newDirectory.more().count(moved.kind());
    node.tick = newDirectory.more().others;
  }

  private void exchange(
      PendingNode node,
      PendingNode other,
      Change.Rename change,
      Place spot,
      PendingNode directory,
      Name name,
      PendingNode newDirectory,
      Name newName) {
    other.setChanged(change.time());
    if (directory != newDirectory) {
      int moving = (node.isDirectory() ? 1 : 0) - (other.isDirectory() ? 1 : 0);
      directory.links -= moving;
      newDirectory.links += moving;
    }
    long id = spot.sequence() << 2;
    Op op = new Op(id, Op.Type.RENAME, node, spot).in(directory, name);
    op.newDirectory = newDirectory;
    op.newName = newName;
    op.replaced = other;
    op.flags = EXCHANGE;
    node.linked = true;
    other.linked = true;
    enqueue(op, Kind.CHANGE, List.of(node.number, other.number), change.time(), spot);
    directory.more().names().put(name, other, id);
    newDirectory.more().names().put(newName, node, id);
    setPlace(node, newDirectory, newName);
    setPlace(other, directory, name);
  }

  // --- Operations go ---

  void release(@Nullable Extents extents, long[] records) {
    if (extents != null) {
      extents.remove(0, PendingNode.ALL, this::release);
    }
    for (int i = 0; i < records.length; i += 2) {
      release(NodeBook.unpack(records[i], records[i + 1]));
    }
  }

  /** Takes an operation off the list; the queue does not have it any more, or will not soon. */
  void retire(long id) {
    Op op = overlay.ops.remove(id);
    if (op == null) {
      return;
    }
    if (op.type == Op.Type.TIMES) {
      PendingNode.More more = op.node.more();
      more.last = more.last == id ? 0 : more.last;
    } else {
      forgetName(op.directory, op.name, id);
      forgetName(op.newDirectory, op.newName, id);
      leave(op.directory);
      leave(op.newDirectory);
    }
    book.unuse(op.node);
    if (op.replaced != null) {
      book.unuse(op.replaced);
    }
    if (op.record != null) {
      release(op.record);
    }
  }

  /**
   * Keeps the records of an operation that took away the last name of a file as long as that is
   * known: they say that what was, or is still, changed of it need not be sent.
   *
   * @param sent the record that it is at the source
   */
  void keepUnlinking(@Nullable Op op, Place sent) {
    PendingNode unlinked = op == null ? null : op.type == Op.Type.REMOVE ? op.node : op.replaced;
    if (op != null && op.record != null && unlinked != null && unlinked.links == 0) {
      overlay.share(op.record);
      unlinked.noteName(op.record);
      if (op.type != Op.Type.REMOVE) {
        overlay.share(sent);
        unlinked.noteName(sent);
      }
    }
  }

  /** A name is at the source as it is here, unless something else was done to it since. */
  void forgetName(@Nullable PendingNode directory, @Nullable Name name, long id) {
    Names names = directory == null ? null : directory.names();
    if (directory != null && names != null && name != null) {
      names.removeIfOf(name, id);
      directory.more().settled = overlay.sendings.next(directory);
    }
  }

  // --- What was taken out of the queue for a change that then failed ---

  /** Puts the removal of a name into the queue again. */
  void addAgain(long operation) {
    Op op = overlay.ops.get(operation);
    if (op != null && op.directory != null && op.name != null) {
      List<Operation.Place> places = List.of(new Operation.Place(op.directory.number, op.name));
      overlay.queue.add(
          new Operation(op.id, Kind.REMOVE, 0, List.of(op.node.number), places),
          notBefore(op.node));
    }
  }

  /** Puts the making of a node into the queue again. */
  void makeAgain(@Nullable PendingNode node) {
    if (node != null && node.parent != null && node.name != null) {
      overlay.queue.add(node.makingUnder(node.replaces(), node.parent, node.name), notBefore(node));
    }
  }
}
