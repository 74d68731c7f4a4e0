package io.cachefs.sys;

import io.cachefs.base.FsException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Calls by which a process leaves its terminal and looks after a mount point that it does not
 * serve. Thread-safe; each call is one system call.
 */
public final class ProcessCalls {
  // From fcntl.h.
  /** More than {@code struct statfs} of any Linux. */
  private static final int SIZE_OF_STATFS = 256;

  private static final int AT_FDCWD = -100;
  private static final int O_WRONLY = 1;
  private static final int O_RDWR = 2;
  private static final int O_CREAT = 0100;
  private static final int O_APPEND = 02000;
  private static final int O_CLOEXEC = 02000000;

  // From sys/mount.h.
  private static final int MNT_FORCE = 1;
  private static final int MNT_DETACH = 2;
  private static final int UMOUNT_NOFOLLOW = 8;

  private ProcessCalls() {}

  /** Makes this process the leader of a session without a terminal; harmless if it leads one. */
  public static void leaveSession() {
    int ignored = Native.LIBC.setsid();
    assert ignored >= -1;
  }

  /** Changes the directory that keeps a file system busy on behalf of this process. */
  public static void changeDirectory(Path directory) throws FsException {
    Native.check(Native.LIBC.chdir(bytes(directory)), "chdir " + directory);
  }

  /** Lets {@code descriptor} mean {@code /dev/null}. */
  public static void redirectToNull(int descriptor) throws FsException {
    redirect(descriptor, Path.of("/dev/null"), O_RDWR, 0);
  }

  /** Lets {@code descriptor} append to a file, which is made for the owner alone if absent. */
  public static void redirectToFile(int descriptor, Path file) throws FsException {
    redirect(descriptor, file, O_WRONLY | O_CREAT | O_APPEND, 0600);
  }

  private static void redirect(int descriptor, Path file, int flags, int mode) throws FsException {
    int opened =
        Native.check(
            Native.LIBC.openat(AT_FDCWD, bytes(file), flags | O_CLOEXEC, mode), "open " + file);
    try {
      Native.check(Native.LIBC.dup2(opened, descriptor), "dup2 for " + file);
    } finally {
      if (opened != descriptor) {
        int ignored = Native.LIBC.close(opened);
        assert ignored <= 0;
      }
    }
  }

  /**
   * Asks the file system that a path is on; throws ENOTCONN for a mount whose server has died. This
   * is a question that the kernel never answers from what it remembers of the mount.
   */
  public static void requireReachable(Path path) throws FsException {
    ByteBuffer result = Native.allocate(SIZE_OF_STATFS);
    Native.check(Native.LIBC.statfs(bytes(path), Native.addressOf(result)), "statfs " + path);
  }

  /** Unmounts, as root, unless the mount is in use. */
  public static void unmount(Path mountPoint) throws FsException {
    Native.check(Native.LIBC.umount2(bytes(mountPoint), UMOUNT_NOFOLLOW), "unmount " + mountPoint);
  }

  /** Takes a mount out of sight, as root; it ends when its last user goes. */
  public static void detach(Path mountPoint) throws FsException {
    Native.check(
        Native.LIBC.umount2(bytes(mountPoint), MNT_DETACH | UMOUNT_NOFOLLOW),
        "detach " + mountPoint);
  }

  /** Ends the connection to the server of a FUSE mount, as root, and takes the mount away. */
  public static void abortAndDetach(Path mountPoint) throws FsException {
    int ignored = Native.LIBC.umount2(bytes(mountPoint), MNT_FORCE | UMOUNT_NOFOLLOW);
    if (ignored < 0) {
      detach(mountPoint);
    }
  }

  private static byte[] bytes(Path path) {
    return (path + "\0").getBytes(StandardCharsets.UTF_8);
  }
}
