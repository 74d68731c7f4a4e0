package io.cachefs.writeback.pending;

import io.cachefs.base.Caller;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Mode;
import io.cachefs.base.Name;
import io.cachefs.source.Found;
import io.cachefs.source.SourceNode;
import io.cachefs.writeback.journal.Place;
import io.cachefs.writeback.queue.Operation;
import org.jspecify.annotations.Nullable;

/** One rename, as renameat2(2) has it. */
final class Renaming {
  private static final int NOREPLACE = 1;
  private static final int EXCHANGE = 2;
  private static final int WHITEOUT = 4;
  private static final Caller ROOT = new Caller(0, 0, 0, 0);

  private final Overlay overlay;
  private final Lookup lookup;
  private final NameChanges names;
  private final SourceNode parent;
  private final Name name;
  private final SourceNode newParent;
  private final Name newName;

  /**
   * What was counted before the names were looked up.
   *
   * @param moves of directories to another one
   */
  private record Seen(long sendings, long moves) {}

  Renaming(
      Overlay overlay,
      Lookup lookup,
      NameChanges names,
      SourceNode parent,
      Name name,
      SourceNode newParent,
      Name newName) {
    this.overlay = overlay;
    this.lookup = lookup;
    this.names = names;
    this.parent = parent;
    this.name = name;
    this.newParent = newParent;
    this.newName = newName;
  }

  void run(int flags) throws FsException {
    boolean exchange = (flags & EXCHANGE) != 0;
    if ((flags & ~7) != 0 || (exchange && (flags & (NOREPLACE | WHITEOUT)) != 0)) {
      throw new FsException(Errno.EINVAL);
    }
    try (Adopted adopted = new Adopted(overlay)) {
      boolean done = false;
      while (!done) {
        long asked = overlay.sendings.count();
        long moves = overlay.moves.get();
        Found moved = lookup.find(parent, name);
        Found replaced = lookup.findIfThere(newParent, newName);
        check(moved, replaced, flags);
        if (replaced != null && replaced.node().id().equals(moved.node().id())) {
          return;
        }
        done = tryOnce(adopted, moved, replaced, exchange, new Seen(asked, moves));
      }
    }
    if ((flags & WHITEOUT) != 0) {
      names.make(ROOT, parent, name, Mode.CHARACTER_DEVICE, 0, new byte[0], false);
    }
  }

  private void check(Found moved, @Nullable Found replaced, int flags) throws FsException {
    boolean exchange = (flags & EXCHANGE) != 0;
    if (replaced == null && exchange) {
      throw new FsException(Errno.ENOENT);
    }
    if (replaced != null && (flags & NOREPLACE) != 0) {
      throw new FsException(Errno.EEXIST);
    }
    boolean directory = moved.attributes().isDirectory();
    if (directory && isAbove(moved.node(), newParent)) {
      throw new FsException(Errno.EINVAL);
    }
    if (replaced == null || replaced.node().id().equals(moved.node().id())) {
      return;
    }
    boolean overDirectory = replaced.attributes().isDirectory();
    if (overDirectory && isAbove(replaced.node(), parent)) {
      throw new FsException(exchange ? Errno.EINVAL : Errno.ENOTEMPTY);
    }
    if (exchange) {
      return;
    }
    if (directory && !overDirectory) {
      throw new FsException(Errno.ENOTDIR);
    }
    if (!directory && overDirectory) {
      throw new FsException(Errno.EISDIR);
    }
    if (overDirectory && !names.isEmpty(replaced.node())) {
      throw new FsException(Errno.ENOTEMPTY);
    }
  }

  /** Whether a directory is the other, or above it as far as that is known. */
  private boolean isAbove(SourceNode directory, SourceNode below) {
    SourceNode at = below;
    for (int depth = 0; at != null && depth < 4096; depth++) {
      if (at.id().equals(directory.id())) {
        return true;
      }
      PendingNode pending = overlay.book.of(at);
      if (pending != null && pending.parent != null) {
        at = pending.parent.face;
      } else {
        SourceNode base = Overlay.baseOf(at);
        SourceNode.Where where = base == null || base == overlay.root ? null : base.where();
        at = where == null ? null : shown(where.directory());
      }
    }
    return false;
  }

  private SourceNode shown(SourceNode base) {
    PendingNode pending = overlay.book.of(base.id());
    if (pending != null) {
      return pending.face;
    }
    LocalNode alias = overlay.book.aliases.of(base.id());
    return alias == null ? base : alias;
  }

  private boolean tryOnce(
      Adopted adopted, Found moved, @Nullable Found replaced, boolean exchange, Seen seen)
      throws FsException {
    PendingNode directory = adopted.of(parent);
    PendingNode newDirectory = adopted.of(newParent);
    PendingNode node = adopted.of(moved.node());
    PendingNode other = replaced == null ? null : adopted.of(replaced.node());
    Locks.Held held = overlay.locks.hold(directory, newDirectory, node, other);
    try {
      if (directory.dropped
          || newDirectory.dropped
          || node.dropped
          || (other != null && other.dropped)
          || !NameChanges.stands(directory, name, node, seen.sendings)
          || !NameChanges.stands(newDirectory, newName, other, seen.sendings)) {
        return false;
      }
      if (other == node) {
        // Two names of one file: rename(2) leaves them alone.
        return true;
      }
      if (other != null && !exchange && other.isDirectory()) {
        if (NameChanges.wasSentSince(other, seen.sendings)) {
          return false;
        }
        if (NameChanges.hasNames(other)) {
          throw new FsException(Errno.ENOTEMPTY);
        }
      }
      boolean moves = directory != newDirectory;
      moves &= node.isDirectory() || (exchange && other != null && other.isDirectory());
      if (!moves) {
        change(directory, newDirectory, node, other, exchange);
        return true;
      }
      synchronized (overlay.moves) {
        if (overlay.moves.get() != seen.moves) {
          // What is above what was asked before that.
          return false;
        }
        change(directory, newDirectory, node, other, exchange);
        overlay.moves.incrementAndGet();
        return true;
      }
    } finally {
      held.close();
    }
  }

  private void change(
      PendingNode directory,
      PendingNode newDirectory,
      PendingNode node,
      @Nullable PendingNode other,
      boolean exchange)
      throws FsException {
    int how = 0;
    PendingNode atSource = other;
    // If the source has the moved file there too, a rename of one to the other would do nothing.
    boolean twoNames = other != null && other.replaces() == node;
    if (other != null && !exchange && !twoNames && names.cancelMaking(other)) {
      how |= Change.Rename.CANCELS_REPLACED;
      atSource = other.replaces();
    }
    Operation moved = exchange ? null : moveMaking(node, atSource, directory, newDirectory);
    how |= moved == null ? 0 : Change.Rename.MOVES_MAKING;
    Change.Rename change =
        new Change.Rename(
            directory.number,
            name.bytes(),
            newDirectory.number,
            newName.bytes(),
            node.number,
            other == null ? 0 : other.number,
            exchange ? EXCHANGE : 0,
            how,
            overlay.now(),
            atSource == null ? 0 : atSource.number);
    Place spot;
    try {
      spot = overlay.log.append(change.kind(), change.head());
    } catch (FsException e) {
      overlay.applier.makeAgain((how & Change.Rename.CANCELS_REPLACED) != 0 ? other : null);
      if (moved != null) {
        overlay.queue.cancel(moved.sequence());
        overlay.applier.makeAgain(node);
      }
      throw e;
    }
    overlay.applier.rename(node, change, spot);
  }

  /**
   * A new file that is not at the source yet is made there under its new name, if nothing waits for
   * it under the old one.
   *
   * @return null if it must be renamed there
   */
  private @Nullable Operation moveMaking(
      PendingNode node,
      @Nullable PendingNode replaces,
      PendingNode directory,
      PendingNode newDirectory) {
    Names.Entry entry = newDirectory.names() == null ? null : newDirectory.names().get(newName);
    Op before = entry == null ? null : overlay.ops.get(entry.operation());
    boolean movable =
        Applier.isToBeMade(node)
            && !node.isDirectory()
            && !node.begun
            && !node.linked
            && node.fresh
            && node.links == 1
            && node.operation == Applier.making(node)
            && node.replaces() == null
            && node.parent == directory
            && before == null
            && (replaces == null || !replaces.isDirectory());
    if (!movable) {
      return null;
    }
    Operation moved = node.makingUnder(replaces, newDirectory, newName);
    boolean done = overlay.queue.replace(moved.sequence(), moved, overlay.applier.notBefore(node));
    return done ? moved : null;
  }
}
