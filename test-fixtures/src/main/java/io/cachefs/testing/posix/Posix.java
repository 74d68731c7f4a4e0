package io.cachefs.testing.posix;

import static io.cachefs.testing.posix.Flags.AT_FDCWD;
import static io.cachefs.testing.posix.Flags.AT_REMOVEDIR;
import static io.cachefs.testing.posix.Flags.AT_SYMLINK_NOFOLLOW;
import static io.cachefs.testing.posix.Flags.O_CLOEXEC;
import static io.cachefs.testing.posix.Flags.O_CREAT;
import static io.cachefs.testing.posix.Flags.O_DIRECTORY;
import static io.cachefs.testing.posix.Flags.O_RDONLY;
import static io.cachefs.testing.posix.Flags.O_TRUNC;
import static io.cachefs.testing.posix.Flags.O_WRONLY;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import jnr.ffi.Pointer;

/**
 * The kernel's file calls under one directory. A call returns its value or throws {@link
 * PosixException}. Names and contents are byte strings: each character is one byte, see {@link
 * #utf8}. A name that starts with a slash is absolute. Closing it closes what it opened.
 */
public final class Posix implements AutoCloseable {
  private final int directory;
  private final String prefix;
  private final Queue<Fd> opened;

  private Posix(int directory, String prefix, Queue<Fd> opened) {
    this.directory = directory;
    this.prefix = prefix;
    this.opened = opened;
  }

  /** The calls relative to a directory given by its path. */
  public static Posix in(Path directory) {
    return new Posix(
        AT_FDCWD, utf8(directory.toAbsolutePath().toString()), new ConcurrentLinkedQueue<>());
  }

  /** The calls relative to an open directory. Calls that know only paths are not available. */
  public Posix at(Fd open) {
    return new Posix(open.number(), "", opened);
  }

  /** The calls relative to a directory below this one, by path. */
  public Posix in(String name) {
    return new Posix(directory, path(name), opened);
  }

  /** The byte string of a text's UTF-8 form. */
  public static String utf8(String text) {
    return LibC.text(text.getBytes(StandardCharsets.UTF_8));
  }

  /** The path of a name as the kernel gets it. */
  public String path(String name) {
    return name.startsWith("/") || prefix.isEmpty() ? name : prefix + "/" + name;
  }

  /** Opens an existing file. */
  public Fd open(String name, int flags) {
    return open(name, flags, 0);
  }

  /** Opens a file; the descriptor is closed with this object at the latest. */
  public Fd open(String name, int flags, int mode) {
    Fd fd = new Fd((int) LibC.call(Sys.OPENAT, directory, path(name), flags | O_CLOEXEC, mode));
    if (!Threads.hasOwnFiles()) {
      opened.add(fd);
    }
    return fd;
  }

  /** Writes a file, created with mode 0644 if it is not there. */
  public void write(String name, String content) {
    try (Fd fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644)) {
      for (int done = 0; done < content.length(); ) {
        done += (int) fd.write(content.substring(done));
      }
    }
  }

  /** The whole content of a file. */
  public String read(String name) {
    try (Fd fd = open(name, O_RDONLY)) {
      StringBuilder content = new StringBuilder();
      for (String some = fd.read(65536); !some.isEmpty(); some = fd.read(65536)) {
        content.append(some);
      }
      return content.toString();
    }
  }

  /** Creates a file with exactly this mode and answers its attributes. */
  public Stat file(String name, int mode) {
    open(name, O_WRONLY | O_CREAT, 0600).close();
    chmod(name, mode);
    return stat(name);
  }

  /** Creates a directory with exactly this mode. */
  public void dir(String name, int mode) {
    mkdir(name, 0700);
    chmod(name, mode);
  }

  /** The attributes of what a name leads to. */
  public Stat stat(String name) {
    return statx(name, 0);
  }

  /** The attributes of the name itself, even if it is a symbolic link. */
  public Stat lstat(String name) {
    return statx(name, AT_SYMLINK_NOFOLLOW);
  }

  /** Whether a name is there. */
  public boolean exists(String name) {
    try {
      lstat(name);
      return true;
    } catch (PosixException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
      return false;
    }
  }

  /** Creates a directory with mode 0755 less the umask. */
  public void mkdir(String name) {
    mkdir(name, 0755);
  }

  /** Creates a directory. */
  public void mkdir(String name, int mode) {
    LibC.call(Sys.MKDIRAT, directory, path(name), mode);
  }

  /** Removes an empty directory. */
  public void rmdir(String name) {
    LibC.call(Sys.UNLINKAT, directory, path(name), AT_REMOVEDIR);
  }

  /** Removes a name that is not a directory. */
  public void unlink(String name) {
    LibC.call(Sys.UNLINKAT, directory, path(name), 0);
  }

  /** The C function rename. */
  public void rename(String from, String to) {
    LibC.call(Sys.RENAMEAT, directory, path(from), directory, path(to));
  }

  /** The C function renameat2. */
  public void rename(String from, String to, int flags) {
    LibC.call(Sys.RENAMEAT2, directory, path(from), directory, path(to), flags);
  }

  /** Gives a file another name; a symbolic link is not followed. */
  public void link(String from, String to) {
    link(from, to, 0);
  }

  /** The C function linkat. */
  public void link(String from, String to, int flags) {
    LibC.call(Sys.LINKAT, directory, path(from), directory, path(to), flags);
  }

  /** The C function linkat on an open file, with AT_EMPTY_PATH. */
  public void link(Fd from, String to) {
    LibC.call(Sys.LINKAT, from.number(), "", directory, path(to), Flags.AT_EMPTY_PATH);
  }

  /** Creates a symbolic link. */
  public void symlink(String target, String name) {
    LibC.call(Sys.SYMLINKAT, target, directory, path(name));
  }

  /** The target of a symbolic link. */
  public String readlink(String name) {
    return readlink(name, 8192);
  }

  /** The target of a symbolic link, cut to {@code size} bytes. */
  public String readlink(String name, int size) {
    Pointer memory = LibC.memory(size);
    return LibC.text(
        LibC.bytes(memory, LibC.call(Sys.READLINKAT, directory, path(name), memory, size)));
  }

  /** Creates a node: mode has the type, and the device's numbers count for devices. */
  public void mknod(String name, int mode, int major, int minor) {
    long dev = ((major & 0xfffL) << 8) | (minor & 0xff) | ((minor & ~0xffL) << 12);
    LibC.call(Sys.MKNODAT, directory, path(name), mode, dev);
  }

  /** Creates a fifo. */
  public void mkfifo(String name, int mode) {
    mknod(name, Flags.S_IFIFO | mode, 0, 0);
  }

  /** Sets the permission bits. */
  public void chmod(String name, int mode) {
    LibC.call(Sys.FCHMODAT, directory, path(name), mode);
  }

  /** Sets the owner; -1 leaves one alone. */
  public void chown(String name, int uid, int gid) {
    LibC.call(Sys.FCHOWNAT, directory, path(name), uid, gid, 0);
  }

  /** Sets the owner of the name itself, even if it is a symbolic link. */
  public void lchown(String name, int uid, int gid) {
    LibC.call(Sys.FCHOWNAT, directory, path(name), uid, gid, AT_SYMLINK_NOFOLLOW);
  }

  /** Sets the times in nanoseconds, or to {@code UTIME_NOW} or {@code UTIME_OMIT}. */
  public void utimens(String name, long atime, long mtime) {
    LibC.call(Sys.UTIMENSAT, directory, path(name), Buffers.times(atime, mtime), 0);
  }

  /** Sets the times of the name itself, even if it is a symbolic link. */
  public void lutimens(String name, long atime, long mtime) {
    LibC.call(
        Sys.UTIMENSAT, directory, path(name), Buffers.times(atime, mtime), AT_SYMLINK_NOFOLLOW);
  }

  /** Sets both times to now the way touch does: without naming a time. */
  public void touch(String name) {
    LibC.call(Sys.UTIMENSAT, directory, path(name), 0, 0);
  }

  /** Asks whether the caller may; an exception says no. */
  public void access(String name, int mode) {
    LibC.call(Sys.FACCESSAT2, directory, path(name), mode, Flags.AT_EACCESS);
  }

  /** Sets the size. */
  public void truncate(String name, long size) {
    LibC.call(Sys.TRUNCATE, byPath(name), size);
  }

  /** Figures of the file system. */
  public StatFs statfs(String name) {
    Pointer memory = LibC.memory(128);
    LibC.call(Sys.STATFS, byPath(name), memory);
    return StatFs.from(memory);
  }

  /** Sets an extended attribute. */
  public void setxattr(String name, String key, String value, int flags) {
    byte[] bytes = LibC.bytes(value);
    LibC.call(Sys.SETXATTR, byPath(name), key, LibC.memory(bytes), bytes.length, flags);
  }

  /** Sets an extended attribute of the name itself. */
  public void lsetxattr(String name, String key, String value, int flags) {
    byte[] bytes = LibC.bytes(value);
    LibC.call(Sys.LSETXATTR, byPath(name), key, LibC.memory(bytes), bytes.length, flags);
  }

  /** The value of an extended attribute. */
  public String getxattr(String name, String key) {
    return Buffers.xattrValue(Sys.GETXATTR, byPath(name), key, 65536);
  }

  /** The value of an extended attribute, read to a buffer of {@code size} bytes. */
  public String getxattr(String name, String key, int size) {
    return Buffers.xattrValue(Sys.GETXATTR, byPath(name), key, size);
  }

  /** The size of an extended attribute's value, asked with an empty buffer. */
  public long getxattrSize(String name, String key) {
    return LibC.call(Sys.GETXATTR, byPath(name), key, 0, 0);
  }

  /** The value of an extended attribute of the name itself. */
  public String lgetxattr(String name, String key) {
    return Buffers.xattrValue(Sys.LGETXATTR, byPath(name), key, 65536);
  }

  /** The names of the extended attributes. */
  public List<String> listxattr(String name) {
    return Buffers.xattrNames(Sys.LISTXATTR, byPath(name));
  }

  /** The names of the extended attributes of the name itself. */
  public List<String> llistxattr(String name) {
    return Buffers.xattrNames(Sys.LLISTXATTR, byPath(name));
  }

  /** How long the list of names is when the buffer has {@code size} bytes. */
  public long listxattrSize(String name, int size) {
    return LibC.call(Sys.LISTXATTR, byPath(name), size == 0 ? 0L : LibC.memory(size), size);
  }

  /** Removes an extended attribute. */
  public void removexattr(String name, String key) {
    LibC.call(Sys.REMOVEXATTR, byPath(name), key);
  }

  /** Removes an extended attribute of the name itself. */
  public void lremovexattr(String name, String key) {
    LibC.call(Sys.LREMOVEXATTR, byPath(name), key);
  }

  /** The entries of a directory, with the two for itself and its parent. */
  public List<Dirent> entries(String name) {
    try (Fd fd = open(name, O_RDONLY | O_DIRECTORY)) {
      return fd.entries();
    }
  }

  /** The names in a directory, sorted, without the two for itself and its parent. */
  public List<String> list(String name) {
    TreeSet<String> names = new TreeSet<>();
    entries(name).forEach(e -> names.add(e.name()));
    names.removeAll(List.of(".", ".."));
    return List.copyOf(names);
  }

  /** Sets the umask of the current thread and of those that share it; answers the old one. */
  public static int umask(int mask) {
    return (int) LibC.call(Sys.UMASK, mask);
  }

  /** The user the current thread acts as. */
  public static int euid() {
    return (int) LibC.call(Sys.GETEUID);
  }

  /** Runs the body on a fresh thread that has the credentials of another user. Needs root. */
  public static void asUser(int uid, int gid, int[] groups, Work body) {
    Threads.asUser(uid, gid, groups, body);
  }

  /** Runs the body on a fresh thread with its own umask. */
  public static void withUmask(int mask, Work body) {
    Threads.withUmask(mask, body);
  }

  /** Runs the body on a fresh thread that owns record locks like a process of its own. */
  public static void asProcess(Work body) {
    Threads.asProcess(body);
  }

  /** Removes a name and all that is below it. */
  public void removeTree(String name) {
    if (lstat(name).type() != Flags.S_IFDIR) {
      unlink(name);
      return;
    }
    try (Fd fd = open(name, O_RDONLY | O_DIRECTORY)) {
      Posix inside = new Posix(fd.number(), "", new ConcurrentLinkedQueue<>());
      for (Dirent entry : fd.entries()) {
        if (entry.name().equals(".") || entry.name().equals("..")) {
          continue;
        }
        if (entry.type() == Flags.DT_DIR) {
          inside.removeTree(entry.name());
        } else {
          inside.unlink(entry.name());
        }
      }
    }
    rmdir(name);
  }

  @Override
  public void close() {
    for (Fd fd = opened.poll(); fd != null; fd = opened.poll()) {
      fd.close();
    }
  }

  private Stat statx(String name, int flags) {
    Pointer memory = LibC.memory(Stat.SIZE);
    LibC.call(Sys.STATX, directory, path(name), flags, Stat.WANTED, memory);
    return Stat.from(memory);
  }

  private String byPath(String name) {
    if (directory != AT_FDCWD) {
      throw new IllegalStateException("this call knows no open directory: " + name);
    }
    return path(name);
  }
}
