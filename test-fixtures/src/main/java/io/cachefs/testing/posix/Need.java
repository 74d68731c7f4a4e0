package io.cachefs.testing.posix;

/** What a case needs from the transport and the file system behind a directory. */
public enum Need {
  /** The process is root. */
  ROOT,
  /** The process is root and other users may pass through the directory's parents. */
  OTHER_USERS,
  /** More than one name for a file. */
  HARD_LINK,
  /** The flags of renameat2. */
  RENAME_FLAGS,
  /** Files without a name: O_TMPFILE. */
  TMPFILE,
  /** SEEK_DATA and SEEK_HOLE, and files that take no space for their holes. */
  SEEK_HOLE,
  /** The call copy_file_range. */
  COPY_FILE_RANGE,
  /** Extended attributes. */
  XATTR,
  /** POSIX access control lists. */
  ACL,
  /** The inode flags of chattr. */
  IOCTL_FLAGS,
  /** The call fallocate in its mode 0 and with KEEP_SIZE. */
  FALLOCATE,
  /** Modes of fallocate that change ranges. */
  FALLOCATE_RANGE,
  /** Modes of fallocate that move what follows the range. */
  FALLOCATE_SHIFT,
  /** Fifos, sockets and devices. */
  MKNOD,
  /** Reads and writes past the page cache. */
  O_DIRECT,
  /** The time of birth. */
  BTIME,
  /** Locks between open files. */
  LOCKS,
  /** Mapped files. */
  MMAP,
  /** Operations on an open file that has lost its name. */
  HANDLE_BASED
}
