package io.cachefs.cache.files;

import io.cachefs.base.AttributeChange;
import io.cachefs.base.Attributes;
import io.cachefs.base.Caller;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.base.OpenFlags;
import io.cachefs.source.FileId;
import io.cachefs.source.Found;
import io.cachefs.source.Source;
import io.cachefs.source.SourceFile;
import io.cachefs.source.SourceNode;
import org.jspecify.annotations.Nullable;

/**
 * Changes made through the mount: done at the source first, then noted. While one runs, nothing is
 * noted of what it touches; after one that failed, that is asked for again.
 */
final class OwnChanges {
  /** {@code RENAME_EXCHANGE} of {@code fs.h}: both names stay. */
  private static final int RENAME_EXCHANGE = 2;

  /** {@code RENAME_WHITEOUT} of {@code fs.h}: something else gets the old name. */
  private static final int RENAME_WHITEOUT = 4;

  private final Shared shared;
  private final Source source;
  private final AttributeCache attributes;
  private final NameCache names;
  private final OpenFiles files;
  private final Writers writers;
  private final Xattrs xattrs;

  OwnChanges(
      Shared shared,
      AttributeCache attributes,
      NameCache names,
      OpenFiles files,
      Writers writers,
      Xattrs xattrs) {
    this.shared = shared;
    this.source = shared.source();
    this.attributes = attributes;
    this.names = names;
    this.files = files;
    this.writers = writers;
    this.xattrs = xattrs;
  }

  private SourceNode inner(CachedNode node) {
    return node.inner(source);
  }

  // --- New names ---

  /** Makes a file at the source. */
  private interface Making {
    Found make(SourceNode directory) throws FsException;
  }

  private Found make(CachedNode directory, Name name, Making making) throws FsException {
    NameCache.Change change = names.begin(directory, name);
    CachedNode child = null;
    try {
      Found raw = making.make(inner(directory));
      child = adopted(directory, name, raw);
      return attributes.note(child, raw.attributes(), change.question()).found();
    } finally {
      end(change, child);
    }
  }

  private void end(NameCache.Change change, @Nullable CachedNode child) {
    if (child == null) {
      names.endUnknown(change);
    } else {
      names.end(change, child);
    }
  }

  private CachedNode adopted(CachedNode directory, Name name, Found raw) {
    CachedNode child = shared.nodes().of(raw.node().id(), raw.node().type());
    child.adopt(raw.node());
    child.seenAt(directory, name);
    return child;
  }

  Found mkdir(Caller caller, CachedNode directory, Name name, int mode) throws FsException {
    return make(directory, name, in -> source.mkdir(caller, in, name, mode));
  }

  Found mknod(Caller caller, CachedNode directory, Name name, int mode, int device)
      throws FsException {
    return make(directory, name, in -> source.mknod(caller, in, name, mode, device));
  }

  Found symlink(Caller caller, CachedNode directory, Name name, byte[] target) throws FsException {
    return make(directory, name, in -> source.symlink(caller, in, name, target));
  }

  Source.Created create(Caller caller, CachedNode directory, Name name, int mode, int flags)
      throws FsException {
    NameCache.Change change = names.begin(directory, name);
    CachedNode child = null;
    SourceFile unclaimed = null;
    try {
      Source.Created made = source.create(caller, inner(directory), name, mode, flags);
      unclaimed = made.file();
      child = adopted(directory, name, made.found());
      Source.Created opened = opened(child, made, flags, change.question());
      unclaimed = null;
      return opened;
    } finally {
      if (unclaimed != null) {
        unclaimed.close();
      }
      end(change, child);
    }
  }

  Source.Created createUnnamed(Caller caller, CachedNode directory, int mode, int flags)
      throws FsException {
    long question = shared.questions().next();
    Source.Created made = source.createUnnamed(caller, inner(directory), mode, flags);
    Found raw = made.found();
    CachedNode child = shared.nodes().of(raw.node().id(), raw.node().type());
    child.adopt(raw.node());
    return opened(child, made, flags, question);
  }

  private Source.Created opened(CachedNode child, Source.Created made, int flags, long question) {
    boolean writing = OpenFlags.mayWrite(flags);
    if (writing) {
      writers.opened(child);
    }
    if ((flags & OpenFlags.TRUNCATE) != 0) {
      files.contentChanges(child);
    }
    Found found = attributes.note(child, made.found().attributes(), question).found();
    return new Source.Created(
        found, files.made(child, made.file(), writing, flags, made.found().attributes()));
  }

  Found link(CachedNode node, CachedNode directory, Name name) throws FsException {
    boolean same = attributes.isContentCurrent(node);
    NameCache.Change change = names.begin(directory, name);
    attributes.beginChange(node);
    CachedNode child = null;
    Attributes after = null;
    try {
      Found raw = source.link(inner(node), inner(directory), name);
      child = adopted(directory, name, raw);
      after = child == node ? raw.attributes() : null;
      return new Found(child, raw.attributes());
    } finally {
      attributes.endChange(node, after, same);
      end(change, child);
    }
  }

  // --- Names that go ---

  /** Takes a name away at the source. */
  private interface Removal {
    void run(SourceNode directory) throws FsException;
  }

  void unlink(CachedNode directory, Name name) throws FsException {
    remove(directory, name, in -> source.unlink(in, name));
  }

  void rmdir(CachedNode directory, Name name) throws FsException {
    remove(directory, name, in -> source.rmdir(in, name));
  }

  private void remove(CachedNode directory, Name name, Removal removal) throws FsException {
    CachedNode child = childOf(directory, name);
    boolean last = child != null && hasOneName(child);
    NameCache.Change change = names.begin(directory, name);
    if (child != null) {
      attributes.beginChange(child);
    }
    boolean removed = false;
    try {
      removal.run(inner(directory));
      removed = true;
    } finally {
      if (child != null) {
        ended(child, removed && last, directory, name, removed);
      }
      if (removed) {
        names.end(change, null);
      } else {
        names.endUnknown(change);
      }
    }
  }

  private void ended(
      CachedNode child, boolean gone, CachedNode directory, Name name, boolean nameGone) {
    attributes.endChange(child, null, true);
    if (nameGone) {
      child.lostPlace(directory, name);
    }
    if (gone) {
      attributes.forget(child);
    }
  }

  private static boolean hasOneName(CachedNode node) {
    Known known = node.known;
    return known != null && (node.isDirectory() || known.attributes().linkCount() <= 1);
  }

  /**
   * Returns the file under a name, so that what is known of it ends with the change. What the name
   * stands for is mostly known, as who changes it looked it up.
   */
  private @Nullable CachedNode childOf(CachedNode directory, Name name) {
    NameEntry entry = names.entry(directory, name);
    if (entry != null) {
      return entry.child;
    }
    try {
      Found found = names.findAgain(directory, name);
      return found == null ? null : (CachedNode) found.node();
    } catch (FsException e) {
      // The change itself will say what is wrong.
      return null;
    }
  }

  // --- Names that change ---

  void rename(
      CachedNode parent,
      Name name,
      CachedNode newParent,
      Name newName,
      int flags,
      Source.KnownNodes known)
      throws FsException {
    boolean exchange = (flags & RENAME_EXCHANGE) != 0;
    CachedNode moved = childOf(parent, name);
    CachedNode replaced = childOf(newParent, newName);
    boolean same = moved != null && attributes.isContentCurrent(moved);
    boolean last = replaced != null && replaced != moved && !exchange && hasOneName(replaced);
    NameCache.Change from = names.begin(parent, name);
    NameCache.Change to = null;
    Found raw = null;
    boolean done = false;
    beginChange(moved, replaced);
    try {
      to = names.begin(newParent, newName);
      source.rename(
          inner(parent), name, inner(newParent), newName, flags, id -> innerOf(id, known));
      done = true;
      raw = foundAt(newParent, newName);
    } finally {
      shared.paths().renamed();
      CachedNode found = raw == null ? null : adopted(newParent, newName, raw);
      if (moved != null) {
        Attributes after = raw != null && found == moved ? raw.attributes() : null;
        attributes.endChange(moved, after, same);
        moved.lostPlace(parent, name);
      }
      if (replaced != null && replaced != moved) {
        ended(replaced, done && last, newParent, newName, done && found != replaced);
      }
      boolean whiteout = (flags & RENAME_WHITEOUT) != 0;
      if (done && !exchange && !whiteout && moved != replaced) {
        names.end(from, null);
      } else {
        names.endUnknown(from);
      }
      if (to != null) {
        end(to, found);
      }
    }
  }

  private void beginChange(@Nullable CachedNode moved, @Nullable CachedNode replaced) {
    if (moved != null) {
      // The inner node must be there before the name is another's.
      inner(moved);
      attributes.beginChange(moved);
    }
    if (replaced != null && replaced != moved) {
      inner(replaced);
      attributes.beginChange(replaced);
    }
  }

  /** Returns what a name stands for just after a change of ours, or null if that is not clear. */
  private @Nullable Found foundAt(CachedNode directory, Name name) {
    try {
      return source.find(inner(directory), name);
    } catch (FsException e) {
      // Somebody else changed it again; it is asked for when it is needed.
      return null;
    }
  }

  private @Nullable SourceNode innerOf(FileId id, Source.KnownNodes known) {
    CachedNode node = shared.nodes().find(id);
    if (node == null && known.find(id) instanceof CachedNode other) {
      node = other;
    }
    return node == null ? null : node.innerOrNull();
  }

  // --- Attributes ---

  Attributes change(CachedNode node, AttributeChange change) throws FsException {
    if (change.size() != null) {
      writers.changedOtherwise(node);
      files.contentChanges(node);
    }
    boolean same = change.size() == null && attributes.isContentCurrent(node);
    attributes.beginChange(node);
    Attributes after = null;
    try {
      after = source.change(inner(node), change);
      if (change.size() != null) {
        files.truncated(node, change.size());
      }
      return after;
    } finally {
      if (change.size() != null) {
        attributes.endContentChange(node, after);
      } else {
        attributes.endChange(node, after, same);
      }
    }
  }

  /** Changes extended attributes at the source. */
  private interface XattrChange {
    void run(SourceNode node) throws FsException;
  }

  void setXattr(CachedNode node, byte[] name, byte[] value, int flags) throws FsException {
    changeXattr(node, inner -> source.setXattr(inner, name, value, flags));
  }

  void removeXattr(CachedNode node, byte[] name) throws FsException {
    changeXattr(node, inner -> source.removeXattr(inner, name));
  }

  private void changeXattr(CachedNode node, XattrChange change) throws FsException {
    boolean same = attributes.isContentCurrent(node);
    attributes.beginChange(node);
    Attributes after = null;
    try {
      change.run(inner(node));
      after = same ? source.attributes(inner(node)) : null;
    } finally {
      xattrs.forget(node);
      attributes.endChange(node, after, same);
    }
  }
}
