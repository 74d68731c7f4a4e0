package io.cachefs.base;

/** File types and permission bits of {@code st_mode}, from {@code stat.h}. */
public final class Mode {
  public static final int TYPE_MASK = 0170000;
  public static final int SOCKET = 0140000;
  public static final int SYMLINK = 0120000;
  public static final int REGULAR = 0100000;
  public static final int BLOCK_DEVICE = 0060000;
  public static final int DIRECTORY = 0040000;
  public static final int CHARACTER_DEVICE = 0020000;
  public static final int FIFO = 0010000;

  public static final int SET_UID = 04000;
  public static final int SET_GID = 02000;
  public static final int STICKY = 01000;
  public static final int GROUP_EXECUTE = 00010;
  public static final int PERMISSIONS = 07777;

  private Mode() {}

  public static boolean isDirectory(int mode) {
    return (mode & TYPE_MASK) == DIRECTORY;
  }

  public static boolean isRegular(int mode) {
    return (mode & TYPE_MASK) == REGULAR;
  }

  public static boolean isSymlink(int mode) {
    return (mode & TYPE_MASK) == SYMLINK;
  }

  /** Returns the type as {@code dirent.d_type} has it. */
  public static int direntType(int mode) {
    return (mode & TYPE_MASK) >> 12;
  }
}
