package io.cachefs.writeback.send;

import io.cachefs.base.AttributeChange;
import io.cachefs.base.AttributeChange.TimeChange;
import io.cachefs.base.Attributes;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Mode;
import io.cachefs.base.Name;
import io.cachefs.base.Timestamp;
import io.cachefs.base.Version;
import io.cachefs.source.Found;
import io.cachefs.source.Source;
import io.cachefs.source.SourceNode;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What all kinds of changes need of the source. Thread-safe. */
final class At {
  /** {@code RENAME_NOREPLACE} of {@code fs.h}. */
  static final int NO_REPLACE = 1;

  private static final Set<Errno> ABSENT = EnumSet.of(Errno.ENOENT, Errno.ESTALE);
  private static final Set<Errno> UNSUPPORTED =
      EnumSet.of(
          Errno.EINVAL, Errno.ENOSYS, Errno.EOPNOTSUPP, Errno.EPERM, Errno.EMLINK, Errno.EXDEV);

  final Source source;
  final SendSettings settings;

  /** A server may not know renames that replace nothing. */
  private volatile boolean plainRenames;

  At(Source source, SendSettings settings) {
    this.source = source;
    this.settings = settings;
  }

  /** Returns what has a name, or null. */
  @Nullable Found find(SourceNode directory, Name name) throws FsException {
    try {
      return source.find(directory, name);
    } catch (FsException e) {
      if (e.errno() == Errno.ENOENT) {
        return null;
      }
      throw e;
    }
  }

  static boolean isAbsent(FsException failure) {
    return ABSENT.contains(failure.errno());
  }

  /** Returns whether a file is what a change was based on. */
  static boolean isBasis(Found found, Basis basis) {
    return found.node().id().equals(basis.file()) && isVersion(found.attributes(), basis.version());
  }

  /**
   * Returns whether content is of a version. The change time does not count: renaming or linking,
   * which we may have done ourselves, change it too.
   */
  static boolean isVersion(Attributes now, @Nullable Version version) {
    return version == null
        || !now.isRegular()
        || (now.size() == version.size() && now.modified().equals(version.modified()));
  }

  /** Returns whether a time is the one that was set, as far as a source can keep it. */
  static boolean isTime(Timestamp found, @Nullable TimeChange set) {
    if (!(set instanceof TimeChange.At at)) {
      return false;
    }
    Timestamp wanted = at.time();
    if (found.seconds() != wanted.seconds()) {
      return false;
    }
    for (int step = 1; step <= 1_000_000_000; step *= 10) {
      if (found.nanos() == wanted.nanos() / step * step) {
        return true;
      }
    }
    return false;
  }

  /** Renames to a name that must be free, else fails with EEXIST. */
  void renameToNew(SourceNode node, SourceNode from, Name name, SourceNode to, Name newName)
      throws FsException {
    if (!plainRenames) {
      try {
        rename(node, from, name, to, newName, NO_REPLACE);
        return;
      } catch (FsException e) {
        if (!UNSUPPORTED.contains(e.errno())) {
          throw e;
        }
      }
    }
    if (!linkAndUnlink(node, from, name, to, newName)) {
      if (find(to, newName) != null) {
        throw new FsException(Errno.EEXIST);
      }
      rename(node, from, name, to, newName, 0);
    }
    plainRenames = true;
  }

  private boolean linkAndUnlink(
      SourceNode node, SourceNode from, Name name, SourceNode to, Name newName) throws FsException {
    if (Mode.isDirectory(node.type()) || !source.capabilities().hardLinks()) {
      return false;
    }
    try {
      Found linked = source.link(node, to, newName);
      node.absorb(linked.node());
    } catch (FsException e) {
      if (UNSUPPORTED.contains(e.errno())) {
        return false;
      }
      throw e;
    }
    source.unlink(from, name);
    return true;
  }

  void rename(SourceNode node, SourceNode from, Name name, SourceNode to, Name newName, int flags)
      throws FsException {
    source.rename(from, name, to, newName, flags, id -> id.equals(node.id()) ? node : null);
  }

  /** Sets extended attributes; one that goes may be gone. */
  void setXattrs(SourceNode node, List<Shipment.XattrChange> xattrs) throws FsException {
    for (Shipment.XattrChange xattr : xattrs) {
      byte[] value = xattr.value();
      if (value != null) {
        source.setXattr(node, xattr.name(), value, 0);
        continue;
      }
      try {
        source.removeXattr(node, xattr.name());
      } catch (FsException e) {
        if (e.errno() != Errno.ENODATA) {
          throw e;
        }
      }
    }
  }

  /**
   * Changes attributes. Who is not privileged cannot give files away: the owner matters to nobody
   * then, and is left.
   */
  Attributes change(SourceNode node, AttributeChange change) throws FsException {
    try {
      return source.change(node, change);
    } catch (FsException e) {
      boolean owner = change.uid() != null || change.gid() != null;
      if (e.errno() != Errno.EPERM || settings.privileged() || !owner) {
        throw e;
      }
      return source.change(node, change.withOwner(null, null));
    }
  }
}
