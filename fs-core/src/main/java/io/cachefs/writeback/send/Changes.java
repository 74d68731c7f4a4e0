package io.cachefs.writeback.send;

import io.cachefs.base.AttributeChange;
import io.cachefs.base.Attributes;
import io.cachefs.base.Caller;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Mode;
import io.cachefs.base.Name;
import io.cachefs.base.OpenFlags;
import io.cachefs.source.Found;
import io.cachefs.source.Source;
import io.cachefs.source.SourceFile;
import io.cachefs.source.SourceNode;
import io.cachefs.writeback.send.Conflicts.Meeting;
import org.jspecify.annotations.Nullable;

/**
 * Changes existing files of the source in place. Thread-safe. Content comes first and times last,
 * after it has arrived: a server may set a time when it hears of the last write.
 */
final class Changes {
  private static final int ASIDE_MODE = 0600;

  private final At at;
  private final Body body;
  private final Conflicts conflicts;
  private final Naming naming;
  private final Leftovers leftovers;

  Changes(At at, Body body, Conflicts conflicts, Naming naming, Leftovers leftovers) {
    this.at = at;
    this.body = body;
    this.conflicts = conflicts;
    this.naming = naming;
    this.leftovers = leftovers;
  }

  Receipt send(Shipment.Change change) throws FsException {
    Source.Opened opened = null;
    Conflict conflict = null;
    Attributes after = null;
    boolean touched = change.content() == null;
    try {
      Dirty content = change.content();
      if (content != null) {
        opened = at.source.open(change.file(), OpenFlags.WRITE_ONLY);
        if (differs(change, opened.attributes())) {
          if (conflicts.policy() != ConflictPolicy.OURS) {
            Found theirs = new Found(change.file(), opened.attributes());
            close(opened);
            opened = null;
            return conflict(change, content, theirs);
          }
          conflict = conflicts.over(meeting(change, opened.attributes()), null).conflict();
        }
        touched = true;
        after = write(change, content, opened);
      }
      at.setXattrs(change.file(), change.xattrs());
      if (!change.attributes().equals(AttributeChange.NONE)) {
        after = at.change(change.file(), change.attributes());
      }
    } catch (FsException e) {
      if (!At.isAbsent(e)) {
        // Whoever tries again is to see whether others changed the file meanwhile.
        throw touched ? e : new UntouchedException(e);
      }
      return gone(change);
    } finally {
      if (opened != null) {
        close(opened);
      }
    }
    Found found = after == null ? null : new Found(change.file(), after);
    return new Receipt(found, null, false, conflict);
  }

  private static boolean differs(Shipment.Change change, Attributes now) {
    return !change.maybeSent() && !At.isVersion(now, change.basis().version());
  }

  private static void close(Source.Opened opened) {
    opened.file().close();
  }

  private @Nullable Attributes write(Shipment.Change change, Dirty content, Source.Opened opened)
      throws FsException {
    body.write(opened.file(), opened.attributes().size(), content);
    body.settle(opened.file());
    boolean asked = change.attributes().equals(AttributeChange.NONE);
    return asked ? opened.file().attributes() : null;
  }

  // --- Conflicts ---

  private static Meeting meeting(Shipment.Change change, @Nullable Attributes theirs) {
    long size = change.content() == null ? -1 : change.content().size();
    return new Meeting(
        change.path(), "change", Conflicts.ours(size, change.attributes(), theirs), theirs);
  }

  /** The file is not at the source any more: what was written of it here is all there is. */
  private Receipt gone(Shipment.Change change) throws FsException {
    Dirty content = change.content();
    if (content == null || conflicts.policy() == ConflictPolicy.THEIRS) {
      return conflicts.given(meeting(change, null), null);
    }
    return conflict(change, content, null);
  }

  /** Keeps our version beside theirs, or gives it up. */
  private Receipt conflict(Shipment.Change change, Dirty content, @Nullable Found theirs)
      throws FsException {
    Meeting meeting = meeting(change, theirs == null ? null : theirs.attributes());
    if (conflicts.policy() == ConflictPolicy.THEIRS) {
      return conflicts.given(meeting, theirs);
    }
    SourceNode directory = change.directory();
    Name name = change.name();
    if (directory == null || name == null) {
      throw new FsException(Errno.EBUSY, "changed at the source, and no name of it is known");
    }
    Name temporary = naming.temporary("c" + Long.toHexString(change.file().id().inode()));
    boolean mixed = !Body.isWhole(content);
    leftovers.begin(temporary);
    try {
      Found ours = copy(change, content, theirs, directory, temporary, mixed);
      Receipt aside =
          conflicts.aside(
              meeting,
              name,
              mixed,
              free -> {
                at.renameToNew(ours.node(), directory, temporary, directory, free);
                return theirs;
              });
      return aside;
    } finally {
      leftovers.end(temporary);
    }
  }

  private Found copy(
      Shipment.Change change,
      Dirty content,
      @Nullable Found theirs,
      SourceNode directory,
      Name temporary,
      boolean mixed)
      throws FsException {
    AttributeChange wanted = change.attributes();
    Attributes like = theirs == null ? null : theirs.attributes();
    int mode = like == null ? ASIDE_MODE : like.mode() & Mode.PERMISSIONS;
    Integer uid = wanted.uid() != null || like == null ? wanted.uid() : Integer.valueOf(like.uid());
    Integer gid = wanted.gid() != null || like == null ? wanted.gid() : Integer.valueOf(like.gid());
    Caller owner = new Caller(uid == null ? 0 : uid, gid == null ? 0 : gid, 0, 0);
    Source.Created created = created(owner, directory, temporary, mode);
    try {
      if (mixed && theirs != null) {
        copyBase(theirs, created.file(), content);
      }
      long size = mixed && theirs != null ? created.file().attributes().size() : 0;
      body.write(created.file(), size, content);
      body.settle(created.file());
    } finally {
      created.file().close();
    }
    SourceNode node = created.found().node();
    at.setXattrs(node, change.xattrs());
    Attributes after =
        at.change(
            node,
            wanted.withOwner(uid, gid).withMode(wanted.mode() == null ? mode : wanted.mode()));
    return new Found(node, after);
  }

  private Source.Created created(Caller owner, SourceNode directory, Name name, int mode)
      throws FsException {
    int flags = OpenFlags.WRITE_ONLY | OpenFlags.CREATE | OpenFlags.EXCLUSIVE;
    try {
      return at.source.create(owner, directory, name, mode, flags);
    } catch (FsException e) {
      if (e.errno() != Errno.EEXIST) {
        throw e;
      }
    }
    at.source.unlink(directory, name);
    return at.source.create(owner, directory, name, mode, flags);
  }

  /** What was not changed here is taken from the source as it is now: nothing else is left. */
  private void copyBase(Found theirs, SourceFile to, Dirty content) throws FsException {
    Source.Opened from = at.source.open(theirs.node(), OpenFlags.READ_ONLY);
    try {
      body.copy(from.file(), to, Math.min(content.baseLimit(), content.size()));
    } finally {
      close(from);
    }
  }
}
