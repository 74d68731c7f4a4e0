package io.cachefs.source;

import io.cachefs.base.AttributeChange;
import io.cachefs.base.Attributes;
import io.cachefs.base.Caller;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.base.StatFs;
import java.io.Closeable;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The directory being served, by node. Thread-safe. Calls may block on a slow device; none is
 * retried here. A node whose file cannot be found any more fails with ESTALE.
 */
public interface Source extends Closeable {
  SourceCapabilities capabilities();

  Found root() throws FsException;

  /** Returns the node of the root, which has none above it; asks nothing if that is possible. */
  default SourceNode rootNode() throws FsException {
    return root().node();
  }

  /**
   * Finds the root anew where it was, after the file system it is on was gone. Fails with ESTALE if
   * another one is there now.
   */
  default void reopen() throws FsException {
    throw new FsException(Errno.EOPNOTSUPP);
  }

  /**
   * Returns a node for a file that was found in an earlier life of the program. Nothing is asked:
   * that the file is still there, and the one meant, is checked when the node is used.
   *
   * @param type the file type bits
   * @param handle what {@link SourceNode#handle} gave then
   * @param parent the directory it was found in, under {@code name}
   */
  SourceNode restore(FileId id, int type, byte[] handle, SourceNode parent, Name name);

  Found find(SourceNode parent, Name name) throws FsException;

  /**
   * As {@link #find} for several names, as far as that goes without a failure: whoever asks for the
   * first name that is missing in the answer meets it.
   */
  default List<Found> findAll(SourceNode parent, List<Name> names) {
    List<Found> found = new ArrayList<>(names.size());
    try {
      for (Name name : names) {
        found.add(find(parent, name));
      }
    } catch (FsException e) {
      return found;
    }
    return found;
  }

  Attributes attributes(SourceNode node) throws FsException;

  Attributes change(SourceNode node, AttributeChange change) throws FsException;

  byte[] readlink(SourceNode node) throws FsException;

  void access(Caller caller, SourceNode node, int mask) throws FsException;

  StatFs statfs(SourceNode node) throws FsException;

  Opened open(SourceNode node, int flags) throws FsException;

  /** Makes or, without EXCLUSIVE, opens a file; the node is in {@link Created#found}. */
  Created create(Caller caller, SourceNode parent, Name name, int mode, int flags)
      throws FsException;

  Created createUnnamed(Caller caller, SourceNode parent, int mode, int flags) throws FsException;

  SourceDirectory openDirectory(SourceNode node) throws FsException;

  Found mkdir(Caller caller, SourceNode parent, Name name, int mode) throws FsException;

  Found mknod(Caller caller, SourceNode parent, Name name, int mode, int device) throws FsException;

  Found symlink(Caller caller, SourceNode parent, Name name, byte[] target) throws FsException;

  Found link(SourceNode node, SourceNode newParent, Name newName) throws FsException;

  /**
   * Keeps a file reachable although its last name may go in a moment.
   *
   * @return what keeps it, to be closed when nobody needs the file any more
   */
  Pin pin(SourceNode parent, Name name) throws FsException;

  void unlink(SourceNode parent, Name name) throws FsException;

  void rmdir(SourceNode parent, Name name) throws FsException;

  /** Renames, and tells the nodes of the renamed files, if {@code known} has them, their names. */
  void rename(
      SourceNode parent, Name name, SourceNode newParent, Name newName, int flags, KnownNodes known)
      throws FsException;

  /** The nodes somebody uses. */
  interface KnownNodes {
    @Nullable SourceNode find(FileId id);
  }

  byte[] xattr(SourceNode node, byte[] name) throws FsException;

  void setXattr(SourceNode node, byte[] name, byte[] value, int flags) throws FsException;

  /** Returns the names, each with a NUL after it. */
  byte[] listXattrs(SourceNode node) throws FsException;

  void removeXattr(SourceNode node, byte[] name) throws FsException;

  void syncAll() throws FsException;

  /**
   * Returns how long what was last said of a file may be used without asking again, in nanoseconds.
   * A source that remembers nothing leaves it to whoever asks.
   */
  default long attributesLifetime(SourceNode node) {
    return Long.MAX_VALUE;
  }

  /** As {@link #attributesLifetime} for the names in a directory. */
  default long nameLifetime(SourceNode directory) {
    return Long.MAX_VALUE;
  }

  /** As {@link #attributesLifetime} for names that do not exist in a directory. */
  default long absenceLifetime(SourceNode directory) {
    return Long.MAX_VALUE;
  }

  /** Returns whether the source is known not to answer, so that what is asked of it fails. */
  default boolean isDown() {
    return false;
  }

  /**
   * Returns whether a listing may be used without opening the directory as long as its times stay
   * the same: listeners hear of each one that is different, positions are less than 2^32, and what
   * an open directory lists stays the same until it is listed from the start again.
   */
  default boolean listsUnopened() {
    return false;
  }

  /**
   * Tells {@code listener} from now on what turned out to be different from what was said before,
   * other than by calls on this source.
   */
  default void tell(SourceListener listener) {}

  /** Ends what {@link #tell} began. */
  default void tellNoMore(SourceListener listener) {}

  /**
   * Begins to report changes of directories to {@code listener}.
   *
   * @return what is told which directories, to be closed by the caller before this source, or null
   *     if the source does not report changes
   */
  default @Nullable ChangeFeed changeFeed(ChangeFeed.Listener listener) throws FsException {
    return null;
  }

  /** An open file and what was true of it when it was opened. */
  record Opened(SourceFile file, Attributes attributes) {}

  /** A file that was made and opened in one step. */
  record Created(Found found, SourceFile file) {}

  @Override
  void close();
}
