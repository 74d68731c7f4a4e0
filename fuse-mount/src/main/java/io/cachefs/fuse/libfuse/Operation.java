package io.cachefs.fuse.libfuse;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** The callbacks of libfuse that are served, as they are counted. */
enum Operation {
  GETATTR,
  FGETATTR,
  READLINK,
  MKNOD,
  MKDIR,
  UNLINK,
  RMDIR,
  SYMLINK,
  RENAME,
  LINK,
  CHMOD,
  CHOWN,
  TRUNCATE,
  FTRUNCATE,
  UTIMENS,
  ACCESS,
  STATFS,
  SETXATTR,
  GETXATTR,
  LISTXATTR,
  REMOVEXATTR,
  OPEN,
  CREATE,
  READ,
  WRITE,
  FLUSH,
  RELEASE,
  FSYNC,
  FALLOCATE,
  LSEEK,
  IOCTL,
  OPENDIR,
  READDIR,
  RELEASEDIR,
  FSYNCDIR;

  /** Returns the place of this operation in {@link #names}. */
  @SuppressWarnings("EnumOrdinal") // the names are listed in this very order
  int index() {
    return ordinal();
  }

  static List<String> names() {
    return Stream.of(values()).map(operation -> operation.name().toLowerCase(Locale.ROOT)).toList();
  }
}
