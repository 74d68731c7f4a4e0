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
import io.cachefs.source.SourceNode;
import io.cachefs.writeback.send.Conflicts.Meeting;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes new files at the source. Thread-safe.
 *
 * <p>A file with content is made under a temporary name and renamed: under its own name others
 * would see it empty for a moment, and an end of this machine would leave it so. What is complete
 * once it is there (a directory, a link, an empty file) gets its name at once; its times follow.
 */
final class Makes {
  private static final int SET_IDS = Mode.SET_UID | Mode.SET_GID;
  private static final Set<Errno> TAKEN =
      EnumSet.of(Errno.EEXIST, Errno.ENOTEMPTY, Errno.EISDIR, Errno.ENOTDIR);

  private final At at;
  private final Body body;
  private final Conflicts conflicts;
  private final Leftovers leftovers;

  Makes(At at, Body body, Conflicts conflicts, Leftovers leftovers) {
    this.at = at;
    this.body = body;
    this.conflicts = conflicts;
    this.leftovers = leftovers;
  }

  Receipt send(Shipment.Make make) throws FsException {
    leftovers.begin(make.temporary());
    try {
      return sendMarked(make);
    } finally {
      leftovers.end(make.temporary());
    }
  }

  private Receipt sendMarked(Shipment.Make make) throws FsException {
    Found there = null;
    if (make.maybeSent()) {
      leftovers.sweep(make.directory());
    }
    Basis replaced = make.replaced();
    if (make.maybeSent() || replaced != null) {
      there = at.find(make.directory(), make.name());
    }
    boolean over = there != null && replaced != null && At.isBasis(there, replaced);
    if (!over && there != null) {
      if (make.maybeSent() && isOurs(there, make)) {
        return Receipt.of(finished(there, make));
      }
      return conflict(make, there, null);
    }
    if (!over && isCompleteAtOnce(make)) {
      try {
        return Receipt.of(made(make, make.name()));
      } catch (FsException e) {
        return conflictOr(e, make, null);
      }
    }
    Found made = underTemporaryName(make);
    try {
      return Receipt.of(named(make, made, make.name(), over));
    } catch (FsException e) {
      return conflictOr(e, make, made);
    }
  }

  private static boolean isCompleteAtOnce(Shipment.Make make) {
    return make.xattrs().isEmpty() && (make.content() == null || make.content().size() == 0);
  }

  /** Returns whether a file is what an earlier attempt made: it got its name when complete. */
  private boolean isOurs(Found there, Shipment.Make make) throws FsException {
    Attributes found = there.attributes();
    if ((found.mode() & Mode.TYPE_MASK) != (make.mode() & Mode.TYPE_MASK)) {
      return false;
    }
    return switch (make.mode() & Mode.TYPE_MASK) {
      case Mode.DIRECTORY -> true;
      case Mode.SYMLINK -> Arrays.equals(at.source.readlink(there.node()), make.target());
      case Mode.REGULAR -> {
        long size = make.content() == null ? 0 : make.content().size();
        boolean same = At.isTime(found.modified(), make.attributes().modified());
        yield found.size() == size && (size == 0 || same);
      }
      default -> found.specialDevice() == make.device();
    };
  }

  // --- Making it ---

  private static Caller owner(Shipment.Make make) {
    Integer uid = make.attributes().uid();
    Integer gid = make.attributes().gid();
    return new Caller(uid == null ? 0 : uid, gid == null ? 0 : gid, 0, 0);
  }

  /** Makes the file, complete. */
  private Found made(Shipment.Make make, Name name) throws FsException {
    if (!Mode.isRegular(make.mode())) {
      return finished(asOwner(make, owner -> madeEmpty(owner, make, name)), make);
    }
    int flags = OpenFlags.WRITE_ONLY | OpenFlags.CREATE | OpenFlags.EXCLUSIVE;
    int permissions = make.mode() & Mode.PERMISSIONS;
    Source.Created created =
        asOwner(make, owner -> at.source.create(owner, make.directory(), name, permissions, flags));
    // Closed last: as long as it is open, the source need not look for it.
    try {
      Dirty content = make.content();
      if (content != null && content.size() != 0) {
        body.write(created.file(), 0, content);
        body.settle(created.file());
      }
      return finished(created.found(), make);
    } finally {
      created.file().close();
    }
  }

  /** Makes something on behalf of somebody. */
  private interface Making<T> {
    T by(Caller owner) throws FsException;
  }

  private static <T> T asOwner(Shipment.Make make, Making<T> making) throws FsException {
    Caller self = new Caller(0, 0, 0, 0);
    try {
      return making.by(owner(make));
    } catch (FsException e) {
      if (e.errno() != Errno.EACCES || owner(make).equals(self)) {
        throw e;
      }
      // Its owner may not make files there: it is given away afterwards.
      return making.by(self);
    }
  }

  private Found madeEmpty(Caller owner, Shipment.Make make, Name name) throws FsException {
    SourceNode in = make.directory();
    return switch (make.mode() & Mode.TYPE_MASK) {
      case Mode.DIRECTORY -> at.source.mkdir(owner, in, name, make.mode() & Mode.PERMISSIONS);
      case Mode.SYMLINK -> at.source.symlink(owner, in, name, make.target());
      default -> at.source.mknod(owner, in, name, make.mode(), make.device());
    };
  }

  private Found underTemporaryName(Shipment.Make make) throws FsException {
    try {
      return made(make, make.temporary());
    } catch (FsException e) {
      if (e.errno() != Errno.EEXIST) {
        throw e;
      }
    }
    // Left by an earlier attempt.
    remove(make.directory(), make.temporary(), Mode.isDirectory(make.mode()));
    return made(make, make.temporary());
  }

  private void remove(SourceNode directory, Name name, boolean isDirectory) throws FsException {
    if (isDirectory) {
      at.source.rmdir(directory, name);
    } else {
      at.source.unlink(directory, name);
    }
  }

  /** Sets what a file that was made lacks, times last. */
  private Found finished(Found made, Shipment.Make make) throws FsException {
    at.setXattrs(made.node(), make.xattrs());
    AttributeChange missing = missing(made.attributes(), make);
    if (missing.equals(AttributeChange.NONE)) {
      return made;
    }
    return new Found(made.node(), at.change(made.node(), missing));
  }

  private static AttributeChange missing(Attributes has, Shipment.Make make) {
    AttributeChange wanted = make.attributes();
    Integer uid = wanted.uid() == null || wanted.uid() == has.uid() ? null : wanted.uid();
    Integer gid = wanted.gid() == null || wanted.gid() == has.gid() ? null : wanted.gid();
    int mode = wanted.mode() == null ? make.mode() & Mode.PERMISSIONS : wanted.mode();
    // Another owner, writing and access lists change permission bits.
    boolean unsure =
        uid != null || gid != null || (mode & SET_IDS) != 0 || !make.xattrs().isEmpty();
    boolean setMode =
        !Mode.isSymlink(make.mode()) && (unsure || (has.mode() & Mode.PERMISSIONS) != mode);
    return new AttributeChange(
        setMode ? mode : null, uid, gid, null, wanted.accessed(), wanted.modified(), false);
  }

  /** Gives a complete file its name. */
  private Found named(Shipment.Make make, Found made, Name name, boolean over) throws FsException {
    SourceNode in = make.directory();
    if (over) {
      at.rename(made.node(), in, make.temporary(), in, name, 0);
    } else {
      at.renameToNew(made.node(), in, make.temporary(), in, name);
    }
    // A rename changes the change time.
    return new Found(made.node(), at.source.attributes(made.node()));
  }

  // --- Conflicts ---

  private Receipt conflictOr(FsException failure, Shipment.Make make, @Nullable Found made)
      throws FsException {
    Found there = TAKEN.contains(failure.errno()) ? at.find(make.directory(), make.name()) : null;
    if (there == null) {
      throw failure;
    }
    return conflict(make, there, made);
  }

  /**
   * The name is of something else.
   *
   * @param made what was made under the temporary name, if it was
   */
  private Receipt conflict(Shipment.Make make, Found there, @Nullable Found made)
      throws FsException {
    boolean directory = Mode.isDirectory(make.mode());
    long size = make.content() == null ? -1 : make.content().size();
    Conflict.Side ofOurs = Conflicts.ours(size, make.attributes(), null);
    Meeting meeting = new Meeting(make.path(), "make", ofOurs, there.attributes());
    if (directory && there.attributes().isDirectory()) {
      drop(make, made);
      // Both made the same directory: what is in them is compared name by name.
      return Receipt.of(conflicts.policy() == ConflictPolicy.OURS ? finished(there, make) : there);
    }
    if (conflicts.policy() == ConflictPolicy.THEIRS) {
      drop(make, made);
      return conflicts.given(meeting, there);
    }
    if (conflicts.policy() == ConflictPolicy.OURS && !there.attributes().isDirectory()) {
      Found ours = made == null ? underTemporaryName(make) : made;
      if (directory) {
        at.source.unlink(make.directory(), make.name());
      }
      return conflicts.over(meeting, named(make, ours, make.name(), !directory));
    }
    Found ours = made == null && !isCompleteAtOnce(make) ? underTemporaryName(make) : made;
    return conflicts.aside(
        meeting,
        make.name(),
        false,
        name -> ours == null ? made(make, name) : named(make, ours, name, false));
  }

  private void drop(Shipment.Make make, @Nullable Found made) throws FsException {
    if (made != null) {
      remove(make.directory(), make.temporary(), Mode.isDirectory(make.mode()));
    }
  }
}
