package io.cachefs.writeback.send;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.source.FileId;
import io.cachefs.source.Found;
import io.cachefs.source.SourceNode;
import io.cachefs.writeback.send.Conflicts.Meeting;
import org.jspecify.annotations.Nullable;

/** Removes, renames and links files at the source. Thread-safe. */
final class Names {
  /** {@code RENAME_EXCHANGE} of {@code fs.h}. */
  private static final int EXCHANGE = 2;

  private final At at;
  private final Conflicts conflicts;

  Names(At at, Conflicts conflicts) {
    this.at = at;
    this.conflicts = conflicts;
  }

  // --- Names that go ---

  Receipt send(Shipment.Remove remove) throws FsException {
    return remove.isDirectory() ? rmdir(remove) : unlink(remove);
  }

  /** An empty directory has nothing to lose, so it is not looked at before. */
  private Receipt rmdir(Shipment.Remove remove) throws FsException {
    try {
      at.source.rmdir(remove.directory(), remove.name());
      return Receipt.of(null);
    } catch (FsException e) {
      if (e.errno() == Errno.ENOENT) {
        return Receipt.of(null);
      }
      if (e.errno() != Errno.ENOTEMPTY && e.errno() != Errno.EEXIST && e.errno() != Errno.ENOTDIR) {
        throw e;
      }
    }
    Found there = at.find(remove.directory(), remove.name());
    return there == null ? Receipt.of(null) : conflicts.given(meeting(remove, there), there);
  }

  private Receipt unlink(Shipment.Remove remove) throws FsException {
    Found there = at.find(remove.directory(), remove.name());
    if (there == null) {
      return Receipt.of(null);
    }
    boolean same = At.isBasis(there, remove.removed());
    boolean over = conflicts.policy() == ConflictPolicy.OURS && !there.attributes().isDirectory();
    if (!same && !over) {
      return conflicts.given(meeting(remove, there), there);
    }
    try {
      at.source.unlink(remove.directory(), remove.name());
    } catch (FsException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
    }
    return same ? Receipt.of(null) : conflicts.over(meeting(remove, there), null);
  }

  private static Meeting meeting(Shipment.Remove remove, Found there) {
    return new Meeting(remove.path(), "remove", null, there.attributes());
  }

  // --- Further names ---

  Receipt send(Shipment.Link link) throws FsException {
    SourceNode file = link.file();
    try {
      return Receipt.of(at.source.link(file, link.directory(), link.name()));
    } catch (FsException e) {
      if (e.errno() != Errno.EEXIST && !At.isAbsent(e)) {
        throw e;
      }
    }
    Found there = at.find(link.directory(), link.name());
    if (there != null && there.node().id().equals(file.id())) {
      return Receipt.of(there);
    }
    Meeting meeting =
        new Meeting(link.path(), "link", null, there == null ? null : there.attributes());
    if (there == null || conflicts.policy() == ConflictPolicy.THEIRS) {
      // Without one at the name it is the file that is gone.
      return conflicts.given(meeting, there);
    }
    if (conflicts.policy() == ConflictPolicy.OURS && !there.attributes().isDirectory()) {
      at.source.unlink(link.directory(), link.name());
      return conflicts.over(meeting, at.source.link(file, link.directory(), link.name()));
    }
    return conflicts.aside(
        meeting, link.name(), false, name -> at.source.link(file, link.directory(), name));
  }

  // --- Renames ---

  Receipt send(Shipment.Rename rename) throws FsException {
    boolean exchange = (rename.flags() & EXCHANGE) != 0;
    Found moved = at.find(rename.directory(), rename.name());
    boolean isThere = moved != null && isSame(moved, rename.moved().file());
    Basis replaced = rename.replaced();
    Found there = null;
    if (!isThere || replaced != null || rename.maybeSent()) {
      there = at.find(rename.newDirectory(), rename.newName());
    }
    if (there != null && isSame(there, rename.moved().file())) {
      return alreadyRenamed(rename, there, isThere && !exchange);
    }
    if (moved == null || !isThere) {
      return conflicts.given(meeting(rename, null, moved), there);
    }
    if (exchange) {
      if (there == null || replaced == null || !isSame(there, replaced.file())) {
        return conflicts.given(meeting(rename, moved, there), there);
      }
      return Receipt.of(renamed(rename, moved, rename.newName(), rename.flags()));
    }
    if (there != null && (replaced == null || !At.isBasis(there, replaced))) {
      return conflict(rename, moved, there);
    }
    try {
      boolean free = there == null;
      return Receipt.of(
          free
              ? renamedToNew(rename, moved, rename.newName())
              : renamed(rename, moved, rename.newName(), rename.flags() & ~At.NO_REPLACE));
    } catch (FsException e) {
      Found now = isTaken(e) ? at.find(rename.newDirectory(), rename.newName()) : null;
      if (now == null) {
        throw e;
      }
      return conflict(rename, moved, now);
    }
  }

  private static boolean isTaken(FsException failure) {
    return failure.errno() == Errno.EEXIST || failure.errno() == Errno.ENOTEMPTY;
  }

  private static boolean isSame(Found found, FileId id) {
    return found.node().id().equals(id);
  }

  /**
   * An earlier attempt got as far as the new name, perhaps by a link, so that the old one is there
   * too.
   */
  private Receipt alreadyRenamed(Shipment.Rename rename, Found there, boolean oldNameToo)
      throws FsException {
    if (oldNameToo && rename.maybeSent() && !there.attributes().isDirectory()) {
      at.source.unlink(rename.directory(), rename.name());
    }
    return Receipt.of(there);
  }

  private Found renamed(Shipment.Rename rename, Found moved, Name to, int flags)
      throws FsException {
    SourceNode node = moved.node();
    at.rename(node, rename.directory(), rename.name(), rename.newDirectory(), to, flags);
    return moved;
  }

  private Found renamedToNew(Shipment.Rename rename, Found moved, Name to) throws FsException {
    int special = rename.flags() & ~At.NO_REPLACE;
    if (special != 0) {
      return renamed(rename, moved, to, rename.flags() | At.NO_REPLACE);
    }
    at.renameToNew(moved.node(), rename.directory(), rename.name(), rename.newDirectory(), to);
    return moved;
  }

  private static Meeting meeting(
      Shipment.Rename rename, @Nullable Found moved, @Nullable Found there) {
    return new Meeting(
        rename.newPath(),
        rename.path(),
        "rename",
        Conflict.Side.of(moved == null ? null : moved.attributes()),
        there == null ? null : there.attributes());
  }

  /** The new name is of something that was not to be replaced. */
  private Receipt conflict(Shipment.Rename rename, Found moved, Found there) throws FsException {
    Meeting meeting = meeting(rename, moved, there);
    if (conflicts.policy() == ConflictPolicy.THEIRS) {
      return conflicts.given(meeting, there);
    }
    boolean directories = there.attributes().isDirectory() || moved.attributes().isDirectory();
    if (conflicts.policy() == ConflictPolicy.OURS && !directories) {
      return conflicts.over(meeting, renamed(rename, moved, rename.newName(), 0));
    }
    return conflicts.aside(
        meeting, rename.newName(), false, name -> renamedToNew(rename, moved, name));
  }
}
