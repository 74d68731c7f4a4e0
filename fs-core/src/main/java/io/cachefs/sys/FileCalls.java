package io.cachefs.sys;

import io.cachefs.base.AttributeChange.TimeChange;
import io.cachefs.base.Attributes;
import io.cachefs.base.Caller;
import io.cachefs.base.FsException;
import io.cachefs.base.StatFs;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The system calls a source of files needs, each as section 2 of the manual has it. Paths are
 * NUL-terminated bytes, relative to a directory descriptor. Thread-safe.
 */
public interface FileCalls {
  /** Stands for the working directory, {@code AT_FDCWD}. */
  int CURRENT_DIRECTORY = -100;

  /** {@code AT_SYMLINK_NOFOLLOW}. */
  int NO_FOLLOW = 0x100;

  /** {@code AT_REMOVEDIR}. */
  int REMOVE_DIRECTORY = 0x200;

  /** {@code AT_EMPTY_PATH}: the descriptor itself is meant. */
  int EMPTY_PATH = 0x1000;

  int open(int directory, byte[] path, int flags, int mode) throws FsException;

  int openByHandle(int mount, byte[] handle, int flags) throws FsException;

  /** Returns a {@code struct file_handle} by which the file can be opened without its name. */
  byte[] handleOf(int directory, byte[] path, int flags) throws FsException;

  /** Closes; errors are of no use to anyone and are not reported. */
  void close(int descriptor);

  /** Closes a copy of the descriptor, which makes network file systems report failed writes. */
  void closeCopy(int descriptor) throws FsException;

  Attributes attributes(int directory, byte[] path, int flags) throws FsException;

  /**
   * As {@link #attributes} of an open file, but the time of the last access may be an older one:
   * kernels ask another machine for that each time after a read, and for nothing else.
   */
  default Attributes attributesButAccess(int descriptor) throws FsException {
    return attributes(descriptor, new byte[] {0}, EMPTY_PATH);
  }

  StatFs statfs(int descriptor) throws FsException;

  /** Reads once into {@code target}, which is direct, and moves its position. */
  int read(int descriptor, long offset, ByteBuffer target) throws FsException;

  /** Says that reads will come in no order, or in the usual one. Cannot fail. */
  void adviseRandom(int descriptor, boolean random);

  /** Writes once from {@code data}, which is direct, and moves its position. */
  int write(int descriptor, long offset, ByteBuffer data) throws FsException;

  long seek(int descriptor, long offset, int whence) throws FsException;

  void truncate(int descriptor, long size) throws FsException;

  void sync(int descriptor, boolean dataOnly) throws FsException;

  void syncFileSystem(int descriptor) throws FsException;

  void allocate(int descriptor, int mode, long offset, long length) throws FsException;

  long copyRange(int source, long sourceOffset, int target, long targetOffset, long length)
      throws FsException;

  /**
   * Fills {@code target}, which is direct, with {@code struct dirent64}s and returns how many
   * bytes.
   */
  int readDirectory(int descriptor, ByteBuffer target) throws FsException;

  void mkdir(int directory, byte[] path, int mode) throws FsException;

  void mknod(int directory, byte[] path, int mode, int device) throws FsException;

  void symlink(byte[] target, int directory, byte[] path) throws FsException;

  /** Gives the open file another name. */
  void link(int descriptor, int newDirectory, byte[] newPath) throws FsException;

  void unlink(int directory, byte[] path, int flags) throws FsException;

  void rename(int oldDirectory, byte[] oldPath, int newDirectory, byte[] newPath, int flags)
      throws FsException;

  /** Returns the target of the symbolic link that is open as a path. */
  byte[] readlink(int descriptor) throws FsException;

  void chmod(int descriptor, int mode) throws FsException;

  /** Changes owner and group; -1 leaves one as it is. */
  void chown(int descriptor, int uid, int gid) throws FsException;

  void setTimes(int descriptor, @Nullable TimeChange accessed, @Nullable TimeChange modified)
      throws FsException;

  void access(int descriptor, int mask) throws FsException;

  byte[] xattr(int descriptor, byte[] name) throws FsException;

  void setXattr(int descriptor, byte[] name, byte[] value, int flags) throws FsException;

  /** Returns the names, each with a NUL after it. */
  byte[] listXattrs(int descriptor) throws FsException;

  void removeXattr(int descriptor, byte[] name) throws FsException;

  /** Calls with a pointer to {@code argument}, which is direct and may be changed. */
  void ioctl(int descriptor, int command, ByteBuffer argument) throws FsException;

  /** Opens a queue of what happens in directories. */
  Inotify openInotify() throws FsException;

  /**
   * Makes the calling thread act for {@code caller} until {@link #resumeSelf}: what it creates
   * belongs to the caller and obeys the caller's umask. A privileged process keeps its right to
   * enter any directory if {@code overrideAccess}; an unprivileged one changes only the umask.
   */
  void actFor(Caller caller, boolean overrideAccess) throws FsException;

  void resumeSelf();
}
