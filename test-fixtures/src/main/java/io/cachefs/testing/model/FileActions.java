package io.cachefs.testing.model;

import io.cachefs.testing.posix.Flags;
import java.util.List;

/**
 * The operations that are compared. Paths are relative to the root, which is the empty string; no
 * symbolic link is followed. Open files are known by slots, small numbers of the caller's choice.
 * An operation that fails throws {@link io.cachefs.testing.posix.PosixException}.
 */
public interface FileActions {
  /** What can be seen of a file, but for its times. */
  record Seen(int type, int perm, int nlink, int uid, int gid, long size) {
    /** As the kernel says it, but for links and sizes of directories: file systems differ there. */
    public static Seen of(int type, int perm, int nlink, int uid, int gid, long size) {
      boolean directory = type == Flags.S_IFDIR;
      return new Seen(type, perm, directory ? 0 : nlink, uid, gid, directory ? 0 : size);
    }
  }

  /** Attributes by path. */
  Seen stat(String path);

  /** Names in a directory, sorted, without the dots. */
  List<String> list(String path);

  /** Makes a directory with exactly this mode. */
  void mkdir(String path, int mode);

  /** Removes an empty directory. */
  void rmdir(String path);

  /** Removes a name that is not of a directory. */
  void unlink(String path);

  /** Renames with the flags of {@code renameat2}. */
  void rename(String from, String to, int flags);

  /** Gives a file another name. */
  void link(String from, String to);

  /** Makes a symbolic link. */
  void symlink(String target, String path);

  /** The target of a symbolic link. */
  String readlink(String path);

  /** Sets permission bits. */
  void chmod(String path, int perm);

  /** Sets the owner. */
  void chown(String path, int uid, int gid);

  /** Sets both times and answers the time of change of the content that is reported afterwards. */
  long utimens(String path, long nanos);

  /** Sets the size of a file. */
  void truncate(String path, long size);

  /** Sets an extended attribute. */
  void setXattr(String path, String name, String value, int flags);

  /** The value of an extended attribute. */
  String xattr(String path, String name);

  /** Removes an extended attribute. */
  void removeXattr(String path, String name);

  /** The names of extended attributes, sorted. */
  List<String> xattrs(String path);

  /** Opens a file; what was open in the slot is closed. */
  void open(int slot, String path, int flags);

  /** Makes or opens a file; what was open in the slot is closed. */
  void create(int slot, String path, int flags, int mode);

  /** Opens a new file that has no name, for reading and writing. */
  void createUnnamed(int slot, String directory, int mode);

  /** Gives an open file a name. */
  void linkOpen(int slot, String path);

  /** Closes; a slot that is not open is EBADF, here and below. */
  void close(int slot);

  /** Attributes of an open file. */
  Seen statOpen(int slot);

  /** Reads up to so many bytes. */
  String read(int slot, long offset, int count);

  /** Writes; at the end of the file if it was opened to append. */
  long write(int slot, long offset, String data);

  /** Sets the size of an open file. */
  void truncateOpen(int slot, long size);

  /** Changes the space of an open file as {@code fallocate} does. */
  void fallocate(int slot, int mode, long offset, long length);

  /** Copies between open files and answers how many bytes. */
  long copyRange(int from, long fromOffset, int to, long toOffset, long length);

  /** Makes an open file durable. */
  void sync(int slot);
}
