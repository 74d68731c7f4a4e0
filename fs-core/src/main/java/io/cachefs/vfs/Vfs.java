package io.cachefs.vfs;

import io.cachefs.base.AttributeChange;
import io.cachefs.base.Attributes;
import io.cachefs.base.Caller;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.base.Passthrough;
import io.cachefs.base.StatFs;
import java.io.Closeable;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A file system by inode. Thread-safe; every method may block on the source.
 *
 * <p>Inode numbers come from {@link #lookup} and the operations that make files, each of which
 * counts one reference, and stay valid until as many are given back with {@link #forget}. {@link
 * #ROOT} is always valid. Handles come from the open operations and stay valid until {@link
 * #release} or {@link #releaseDirectory}.
 *
 * <p>Permissions are not checked here: the kernel does it (mount option {@code
 * default_permissions}), and {@link #access} answers for those who ask. New objects belong to the
 * {@link Caller}.
 */
public interface Vfs extends Closeable {
  /** The inode of the root directory, as the FUSE protocol fixes it. */
  long ROOT = 1;

  /** Stands for "no handle" where a handle may be given. */
  long NO_HANDLE = -1;

  // --- Names ---

  Entry lookup(long parent, Name name) throws FsException;

  /** Gives back {@code count} references to an inode; the root and unknown inodes are ignored. */
  void forget(long inodeId, long count);

  Entry symlink(Caller caller, long parent, Name name, byte[] target) throws FsException;

  Entry link(long inodeId, long newParent, Name newName) throws FsException;

  /** Makes a file of any type but a directory; {@code mode} has the type in it. */
  Entry mknod(Caller caller, long parent, Name name, int mode, int specialDevice)
      throws FsException;

  Entry mkdir(Caller caller, long parent, Name name, int mode) throws FsException;

  void unlink(long parent, Name name) throws FsException;

  void rmdir(long parent, Name name) throws FsException;

  /** Renames as {@code renameat2(2)} does; {@code flags} are its flags. */
  void rename(long parent, Name name, long newParent, Name newName, int flags) throws FsException;

  // --- Attributes ---

  /** Returns the attributes of an inode; {@code handle} may name an open file of it. */
  Attributes attributes(long inodeId, long handle) throws FsException;

  Attributes setAttributes(long inodeId, long handle, AttributeChange change) throws FsException;

  /**
   * Clears set-uid and set-gid bits of a file because its content is about to change, as Linux
   * does; what is not a file stays as it is. A caller who neither owns the file nor could be
   * changing it, because nobody has it open for writing, is refused with EPERM.
   */
  Attributes killPrivileges(Caller caller, long inodeId) throws FsException;

  /**
   * Returns how long the attributes last returned of an inode may be used without asking again, in
   * nanoseconds; a kernel may be told less.
   */
  long attributesLifetime(long inodeId);

  /** As {@link #attributesLifetime} for names found in a directory. */
  long nameLifetime(long directory);

  /** As {@link #attributesLifetime} for names that were not found in a directory. */
  long absenceLifetime(long directory);

  byte[] readlink(long inodeId) throws FsException;

  /** Fails with EACCES unless the caller may do all that {@code mask} (R_OK, W_OK, X_OK) asks. */
  void access(Caller caller, long inodeId, int mask) throws FsException;

  StatFs statfs(long inodeId) throws FsException;

  // --- Extended attributes; a name is its bytes, for example "user.colour" ---

  byte[] xattr(long inodeId, byte[] name) throws FsException;

  /** Sets as {@code setxattr(2)} does; {@code flags} are XATTR_CREATE and XATTR_REPLACE. */
  void setXattr(long inodeId, byte[] name, byte[] value, int flags) throws FsException;

  /** Lists the names the caller may know; those in "trusted." are for root alone. */
  List<byte[]> listXattrs(Caller caller, long inodeId) throws FsException;

  void removeXattr(long inodeId, byte[] name) throws FsException;

  // --- Open files ---

  /** Opens; {@code flags} are those of {@code open(2)} without CREATE and EXCLUSIVE. */
  OpenFile open(long inodeId, int flags) throws FsException;

  CreatedFile create(Caller caller, long parent, Name name, int mode, int flags) throws FsException;

  /** Makes a file without a name, {@code O_TMPFILE}; it gets one through {@link #link}. */
  CreatedFile createUnnamed(Caller caller, long parent, int mode, int flags) throws FsException;

  /**
   * Reads into {@code target} from its position on, as much as there is up to its limit, and moves
   * the position. A direct buffer saves a copy.
   *
   * @return the number of bytes read; less than remained only at the end of the file
   */
  int read(long handle, long offset, ByteBuffer target) throws FsException;

  /**
   * Writes what remains in {@code data}, and moves its position. Less than all is written only if
   * something failed after a part was; the next write meets the error again.
   *
   * @param killPrivileges whether set-uid and set-gid bits must be cleared, as Linux does for an
   *     unprivileged writer
   * @return the number of bytes written
   */
  int write(long handle, long offset, ByteBuffer data, boolean killPrivileges) throws FsException;

  /** Reports what went wrong with earlier writes; called once for each descriptor closed. */
  void flush(long handle) throws FsException;

  /** Closes the handle. */
  void release(long handle);

  void fsync(long handle, boolean dataOnly) throws FsException;

  /** Changes the space of a file as {@code fallocate(2)} does; {@code mode} has its flags. */
  void fallocate(long handle, int mode, long offset, long length) throws FsException;

  /** Finds data or holes as {@code lseek(2)} does; {@code whence} is SEEK_DATA or SEEK_HOLE. */
  long seek(long handle, long offset, int whence) throws FsException;

  long copyRange(
      long sourceHandle, long sourceOffset, long targetHandle, long targetOffset, long length)
      throws FsException;

  /**
   * Passes one of the harmless {@code ioctl}s on: get and set of file flags.
   *
   * @param input what the caller passes in, of the length the command has
   * @return what the caller gets back, at most {@code outputSize} bytes
   */
  byte[] ioctl(long handle, int command, byte[] input, int outputSize) throws FsException;

  /**
   * Returns how the kernel may read and write the file by itself while the handle is open, or null
   * if every read and write must come here.
   */
  @Nullable Passthrough passthrough(long handle);

  // --- Open directories ---

  OpenFile openDirectory(long inodeId) throws FsException;

  /**
   * Offers the entries after the position {@code cookie} (0 is the start) to {@code sink} until it
   * refuses one or the directory ends. Positions stay valid while the directory is open.
   *
   * @param withAttributes whether each entry is looked up, so that the sink gets an {@link Entry}
   */
  void readDirectory(long handle, long cookie, boolean withAttributes, DirectorySink sink)
      throws FsException;

  void releaseDirectory(long handle);

  /**
   * Returns whether a kernel may list directories that it did not open here, and use a listing for
   * as long as the directory's times stay the same. Then the listener hears of each listing that
   * turns out to be different, positions are less than 2^32, and what an open directory lists stays
   * the same until it is listed from the start again. The answer does not change.
   */
  boolean listsUnopened();

  void fsyncDirectory(long handle, boolean dataOnly) throws FsException;

  /** Makes everything written so far durable on the source. */
  void syncAll() throws FsException;

  /**
   * Tells {@code listener}, from now on, what is no longer what was said of inodes and names in
   * use; null ends it. One at a time.
   */
  void tell(@Nullable VfsListener listener);

  /** Closes everything that is still open. */
  @Override
  void close();
}
