package io.cachefs.writeback.pending;

import io.cachefs.base.Attributes;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Mode;
import io.cachefs.base.Name;
import io.cachefs.source.Found;
import io.cachefs.source.SourceNode;
import org.jspecify.annotations.Nullable;

/** Finds files by name and tells their attributes, with what is pending of them. */
final class Lookup {
  private final Overlay overlay;

  Lookup(Overlay overlay) {
    this.overlay = overlay;
  }

  Found find(SourceNode parent, Name name) throws FsException {
    if (!Mode.isDirectory(parent.type())) {
      throw new FsException(Errno.ENOTDIR);
    }
    if (overlay.temporary.isOne(name.terminated(), name.length())) {
      throw new FsException(Errno.ENOENT);
    }
    while (true) {
      PendingNode directory = overlay.book.of(parent);
      Names.Entry entry = null;
      boolean made = false;
      if (directory != null) {
        Locks.Held held = overlay.locks.hold(directory);
        try {
          if (directory.dropped) {
            continue;
          }
          entry = entry(directory, name);
          made = directory.base == null;
        } finally {
          held.close();
        }
      }
      if (entry == null && !made) {
        long asked = overlay.sendings.count();
        Found found = overlay.shown(overlay.base.find(Overlay.requireBase(parent), name), asked);
        if (found != null) {
          return found;
        }
        continue;
      }
      PendingNode child = entry == null ? null : entry.child();
      if (child == null) {
        throw new FsException(Errno.ENOENT);
      }
      Found found = shown(child);
      if (found != null) {
        return found;
      }
    }
  }

  /** See {@link io.cachefs.source.Source#doubt}: what is pending needs no doubt. */
  void doubt(SourceNode parent, Name name) {
    try {
      overlay.base.doubt(Overlay.requireBase(parent), name);
    } catch (FsException e) {
      // The directory is only here, so the source has said nothing of its names.
      assert e.errno() == Errno.ESTALE;
    }
  }

  /** Returns the name's entry; fails if the directory is gone. */
  static Names.@Nullable Entry entry(PendingNode directory, Name name) throws FsException {
    if (directory.links == 0) {
      throw new FsException(Errno.ENOENT);
    }
    Names names = directory.names();
    return names == null ? null : names.get(name);
  }

  private @Nullable Found shown(PendingNode node) {
    Locks.Held held = overlay.locks.hold(node);
    try {
      return node.dropped ? null : overlay.found(node);
    } finally {
      held.close();
    }
  }

  /** Returns what a name stands for, or null if there is none. */
  @Nullable Found findIfThere(SourceNode parent, Name name) throws FsException {
    try {
      return find(parent, name);
    } catch (FsException e) {
      if (e.errno() == Errno.ENOENT) {
        return null;
      }
      throw e;
    }
  }

  Attributes attributes(SourceNode face) throws FsException {
    while (true) {
      PendingNode node = overlay.book.of(face);
      if (node == null) {
        return ofBase(face);
      }
      Locks.Held held = overlay.locks.hold(node);
      try {
        if (!node.dropped && (node.base == null || isChanged(node))) {
          return overlay.attributes(node);
        }
      } finally {
        held.close();
      }
      if (!node.dropped) {
        SourceNode base = node.base;
        if (base != null) {
          long asked = overlay.sendings.count();
          Found found = overlay.shown(new Found(base, overlay.base.attributes(base)), asked);
          if (found != null) {
            return found.attributes();
          }
        }
      }
    }
  }

  /** Whether what is shown differs from what the base says. */
  private static boolean isChanged(PendingNode node) {
    return !node.isClean()
        || node.links == 0
        || node.uses > 0
        || (node.more != null && node.more.last != 0);
  }

  private Attributes ofBase(SourceNode face) throws FsException {
    Attributes now = overlay.base.attributes(Overlay.requireBase(face));
    return face instanceof LocalNode local ? now.withInode(local.inode()) : now;
  }
}
