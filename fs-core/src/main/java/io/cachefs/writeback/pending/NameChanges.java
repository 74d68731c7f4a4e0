package io.cachefs.writeback.pending;

import io.cachefs.base.Attributes;
import io.cachefs.base.Caller;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Mode;
import io.cachefs.base.Name;
import io.cachefs.source.Found;
import io.cachefs.source.SourceNode;
import io.cachefs.writeback.journal.Place;
import org.jspecify.annotations.Nullable;

/** New files and names, and names that go. */
final class NameChanges {
  private static final int MAX_LINKS = 65_000;

  /** PATH_MAX of Linux without the NUL. */
  private static final int MAX_TARGET = 4095;

  private final Overlay overlay;
  private final Lookup lookup;
  private final Xattrs xattrs;

  NameChanges(Overlay overlay, Lookup lookup, Xattrs xattrs) {
    this.overlay = overlay;
    this.lookup = lookup;
    this.xattrs = xattrs;
  }

  // --- New files ---

  Found make(Caller caller, SourceNode parent, Name name, int mode, int device, byte[] target)
      throws FsException {
    if (Mode.isSymlink(mode) && target.length == 0) {
      throw new FsException(Errno.ENOENT);
    }
    if (target.length > MAX_TARGET) {
      throw new FsException(Errno.ENAMETOOLONG);
    }
    PendingNode made = make(caller, parent, name, mode, device, target, false);
    return overlay.found(made);
  }

  private void requireAbsent(SourceNode parent, Name name) throws FsException {
    if (lookup.findIfThere(parent, name) != null) {
      throw new FsException(Errno.EEXIST);
    }
  }

  /**
   * Makes a file under a name that stands for nothing, which is checked, or without one.
   *
   * @param kept whether somebody has it open for writing from the start
   */
  PendingNode make(
      Caller caller,
      SourceNode parent,
      @Nullable Name name,
      int mode,
      int device,
      byte[] target,
      boolean kept)
      throws FsException {
    try (Adopted adopted = new Adopted(overlay)) {
      while (true) {
        long asked = overlay.sendings.count();
        if (name != null) {
          requireAbsent(parent, name);
        }
        Attributes above = lookup.attributes(parent);
        if (!above.isDirectory()) {
          throw new FsException(Errno.ENOTDIR);
        }
        byte[] defaults = Mode.isSymlink(mode) ? null : xattrs.valueIfThere(parent, Acl.DEFAULT);
        Inherited inherited = Inherited.of(above, defaults, caller, mode);
        PendingNode directory = adopted.of(parent);
        Locks.Held held = overlay.locks.hold(directory);
        try {
          if (!directory.dropped && (name == null || stands(directory, name, null, asked))) {
            return make(directory, name, inherited, device, target, kept);
          }
        } finally {
          held.close();
        }
      }
    }
  }

  private PendingNode make(
      PendingNode directory,
      @Nullable Name name,
      Inherited inherited,
      int device,
      byte[] target,
      boolean kept)
      throws FsException {
    Names.Entry entry = name == null ? null : Lookup.entry(directory, name);
    long cancelled = Mode.isDirectory(inherited.mode()) ? 0 : cancelRemoval(entry);
    PendingNode replaces = cancelled == 0 || entry == null ? null : entry.gone();
    Change.Make change =
        new Change.Make(
            directory.number,
            name == null ? new byte[0] : name.bytes(),
            inherited.mode(),
            device,
            inherited.uid(),
            inherited.gid(),
            overlay.now(),
            target,
            inherited.xattrs(),
            replaces == null ? 0 : replaces.number,
            cancelled);
    Place spot;
    try {
      spot = overlay.log.append(change.kind(), change.head());
    } catch (FsException e) {
      overlay.applier.addAgain(cancelled);
      throw e;
    }
    return overlay.applier.make(change, spot, kept);
  }

  /**
   * A file that goes and is followed by another under its name is replaced at the source in one
   * step.
   *
   * @return the operation that is not needed then, or 0
   */
  private long cancelRemoval(Names.@Nullable Entry entry) {
    Op op = entry == null ? null : overlay.ops.get(entry.operation());
    boolean replaceable =
        op != null
            && entry != null
            && op.type == Op.Type.REMOVE
            && op.node == entry.gone()
            && !op.node.isDirectory()
            && !op.begun
            && overlay.queue.cancel(op.id);
    return replaceable && op != null ? op.id : 0;
  }

  Found link(SourceNode face, SourceNode parent, Name name) throws FsException {
    if (Mode.isDirectory(face.type())) {
      requireAbsent(parent, name);
      throw new FsException(Errno.EPERM);
    }
    try (Adopted adopted = new Adopted(overlay)) {
      while (true) {
        long asked = overlay.sendings.count();
        requireAbsent(parent, name);
        PendingNode node = adopted.of(face);
        PendingNode directory = adopted.of(parent);
        Locks.Held held = overlay.locks.hold(directory, node);
        try {
          if (directory.dropped || node.dropped || !stands(directory, name, null, asked)) {
            continue;
          }
          boolean unnamed = Applier.isToBeMade(node) && node.unnamed;
          if (node.links == 0 && !unnamed) {
            throw new FsException(Errno.ENOENT);
          }
          if (node.links >= MAX_LINKS) {
            throw new FsException(Errno.EMLINK);
          }
          Change.Link change =
              new Change.Link(node.number, directory.number, name.bytes(), overlay.now());
          overlay.applier.link(node, change, overlay.log.append(change.kind(), change.head()));
          return overlay.found(node);
        } finally {
          held.close();
        }
      }
    }
  }

  // --- Names that go ---

  void remove(SourceNode parent, Name name, boolean isDirectory) throws FsException {
    try (Adopted adopted = new Adopted(overlay)) {
      while (true) {
        long asked = overlay.sendings.count();
        Found found = lookup.find(parent, name);
        requireRemovable(found, isDirectory);
        PendingNode directory = adopted.of(parent);
        PendingNode node = adopted.of(found.node());
        boolean empty = !isDirectory || isEmpty(found.node());
        Locks.Held held = overlay.locks.hold(directory, node);
        try {
          if (directory.dropped
              || node.dropped
              || !stands(directory, name, node, asked)
              || (isDirectory && wasSentSince(node, asked))) {
            continue;
          }
          if (!empty || (isDirectory && hasNames(node))) {
            throw new FsException(Errno.ENOTEMPTY);
          }
          remove(directory, name, node);
          return;
        } finally {
          held.close();
        }
      }
    }
  }

  private void remove(PendingNode directory, Name name, PendingNode node) throws FsException {
    boolean cancels = cancelMaking(node);
    PendingNode below = cancels ? node.replaces() : node;
    Change.Remove change =
        new Change.Remove(
            directory.number,
            name.bytes(),
            node.number,
            overlay.now(),
            cancels,
            below == null ? 0 : below.number);
    Place spot;
    try {
      spot = overlay.log.append(change.kind(), change.head());
    } catch (FsException e) {
      overlay.applier.makeAgain(cancels ? node : null);
      throw e;
    }
    overlay.applier.remove(node, change, spot);
  }

  private static void requireRemovable(Found found, boolean directory) throws FsException {
    if (directory != found.attributes().isDirectory()) {
      throw new FsException(directory ? Errno.ENOTDIR : Errno.EISDIR);
    }
  }

  /**
   * Whether a name still stands for what was found under it.
   *
   * @param asked the count of sendings before that
   */
  static boolean stands(PendingNode directory, Name name, @Nullable PendingNode node, long asked)
      throws FsException {
    Names.Entry entry = Lookup.entry(directory, name);
    if (entry != null) {
      return entry.child() == node;
    }
    return (node == null || node.base != null) && !wasSentSince(directory, asked);
  }

  /**
   * Whether what the base said of names in a directory may be from before one of them was changed
   * here and sent: nothing here tells of that any more.
   */
  static boolean wasSentSince(PendingNode directory, long asked) {
    return directory.base != null && directory.more != null && directory.more.settled > asked;
  }

  static boolean hasNames(PendingNode directory) {
    Names names = directory.names();
    boolean[] found = {false};
    if (names != null) {
      names.forEach((name, child) -> found[0] |= child != null);
    }
    return found[0];
  }

  /** Whether a directory has no names, here and there. */
  boolean isEmpty(SourceNode directory) throws FsException {
    MergedDirectory open = new MergedDirectory(overlay, directory, lookup);
    try {
      boolean[] found = {false};
      open.list(
          0,
          (name, length, inode, type, next) -> {
            found[0] |= !MergedDirectory.isDots(name, length);
            return !found[0];
          });
      return !found[0];
    } finally {
      open.close();
    }
  }

  /** Takes the making of a node that goes out of the queue, if that leaves nothing undone. */
  boolean cancelMaking(PendingNode node) {
    int last = node.isDirectory() ? 2 : 1;
    PendingNode.More more = node.more;
    return Applier.isToBeMade(node)
        && !node.begun
        && node.fresh
        && node.links == last
        && (more == null || more.inside == 0)
        && !node.linked
        && overlay.queue.cancel(Applier.making(node));
  }

  // --- Names that change ---

  void rename(SourceNode parent, Name name, SourceNode newParent, Name newName, int flags)
      throws FsException {
    new Renaming(overlay, lookup, this, parent, name, newParent, newName).run(flags);
  }
}
