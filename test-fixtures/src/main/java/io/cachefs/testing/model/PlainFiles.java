package io.cachefs.testing.model;

import io.cachefs.testing.posix.Errno;
import io.cachefs.testing.posix.Fd;
import io.cachefs.testing.posix.Flags;
import io.cachefs.testing.posix.Posix;
import io.cachefs.testing.posix.PosixException;
import io.cachefs.testing.posix.Stat;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The operations on a directory of this machine, by path. Owned by one thread. */
public final class PlainFiles implements FileActions, AutoCloseable {
  private final Posix files;
  private final Map<Integer, Fd> open = new HashMap<>();

  /** Operates below the directory. */
  public PlainFiles(Path directory) {
    files = Posix.in(directory);
  }

  /** Fails where a path leads through what is no directory: no symbolic link is followed here. */
  private String name(String path) {
    for (int end = path.indexOf('/'); end > 0; end = path.indexOf('/', end + 1)) {
      if (files.lstat(path.substring(0, end)).type() != Flags.S_IFDIR) {
        throw new PosixException(Errno.ENOTDIR.number(), "path");
      }
    }
    return path.isEmpty() ? "." : path;
  }

  private String directory(String path) {
    return name(path.isEmpty() ? "" : path + "/.");
  }

  private static Seen seen(Stat stat) {
    return Seen.of(stat.type(), stat.perm(), stat.nlink(), stat.uid(), stat.gid(), stat.size());
  }

  private Fd fd(int slot) {
    Fd fd = open.get(slot);
    if (fd == null) {
      throw new PosixException(Errno.EBADF.number(), "slot");
    }
    return fd;
  }

  private void put(int slot, Fd fd) {
    Fd before = open.put(slot, fd);
    if (before != null) {
      before.close();
    }
  }

  @Override
  public Seen stat(String path) {
    return seen(files.lstat(name(path)));
  }

  @Override
  public List<String> list(String path) {
    return files.list(directory(path));
  }

  @Override
  public void mkdir(String path, int mode) {
    files.mkdir(name(path), 0700);
    files.chmod(name(path), mode);
  }

  @Override
  public void rmdir(String path) {
    files.rmdir(name(path));
  }

  @Override
  public void unlink(String path) {
    files.unlink(name(path));
  }

  @Override
  public void rename(String from, String to, int flags) {
    if (flags == (Flags.RENAME_NOREPLACE | Flags.RENAME_EXCHANGE)) {
      throw new PosixException(Errno.EINVAL.number(), "rename");
    }
    files.rename(name(from), name(to), flags);
  }

  @Override
  public void link(String from, String to) {
    String source = name(from);
    requireThere(source);
    files.link(source, name(to));
  }

  private void requireThere(String path) {
    if (files.lstat(path).type() == 0) {
      throw new PosixException(Errno.ENOENT.number(), path);
    }
  }

  @Override
  public void symlink(String target, String path) {
    files.symlink(target, name(path));
  }

  @Override
  public String readlink(String path) {
    return files.readlink(name(path));
  }

  /** Calls that follow symbolic links are told of one, as the model is. */
  private void requireNoSymlink(String path, Errno errno) {
    if (files.lstat(name(path)).type() == Flags.S_IFLNK) {
      throw new PosixException(errno.number(), "symbolic link");
    }
  }

  @Override
  public void chmod(String path, int perm) {
    requireNoSymlink(path, Errno.EOPNOTSUPP);
    files.chmod(name(path), perm);
  }

  @Override
  public void chown(String path, int uid, int gid) {
    files.lchown(name(path), uid, gid);
  }

  @Override
  public long utimens(String path, long nanos) {
    files.lutimens(name(path), nanos, nanos);
    return files.lstat(name(path)).mtime();
  }

  @Override
  public void truncate(String path, long size) {
    requireNoSymlink(path, Errno.EINVAL);
    files.truncate(name(path), size);
  }

  @Override
  public void setXattr(String path, String name, String value, int flags) {
    files.lsetxattr(name(path), name, value, flags);
  }

  @Override
  public String xattr(String path, String name) {
    return files.lgetxattr(name(path), name);
  }

  @Override
  public void removeXattr(String path, String name) {
    files.lremovexattr(name(path), name);
  }

  @Override
  public List<String> xattrs(String path) {
    return files.llistxattr(name(path));
  }

  @Override
  public void open(int slot, String path, int flags) {
    Stat stat = files.lstat(name(path));
    if (stat.type() == Flags.S_IFDIR) {
      throw new PosixException(Errno.EISDIR.number(), "open");
    }
    put(slot, files.open(name(path), flags | Flags.O_NOFOLLOW));
  }

  @Override
  public void create(int slot, String path, int flags, int mode) {
    boolean isNew = !files.exists(name(path));
    Fd fd = files.open(name(path), flags | Flags.O_CREAT | Flags.O_NOFOLLOW, 0600);
    put(slot, fd);
    if (isNew) {
      fd.chmod(mode);
    }
  }

  @Override
  public void createUnnamed(int slot, String directory, int mode) {
    Fd fd = files.open(directory(directory), Flags.O_TMPFILE | Flags.O_RDWR, 0600);
    fd.chmod(mode);
    put(slot, fd);
  }

  @Override
  public void linkOpen(int slot, String path) {
    files.link(fd(slot).procPath(), name(path), Flags.AT_SYMLINK_FOLLOW);
  }

  @Override
  public void close(int slot) {
    fd(slot).close();
    open.remove(slot);
  }

  @Override
  public Seen statOpen(int slot) {
    return seen(fd(slot).stat());
  }

  @Override
  public String read(int slot, long offset, int count) {
    return fd(slot).pread(offset, count);
  }

  @Override
  public long write(int slot, long offset, String data) {
    return fd(slot).pwrite(offset, data);
  }

  @Override
  public void truncateOpen(int slot, long size) {
    fd(slot).truncate(size);
  }

  @Override
  public void fallocate(int slot, int mode, long offset, long length) {
    fd(slot).fallocate(mode, offset, length);
  }

  @Override
  public long copyRange(int from, long fromOffset, int to, long toOffset, long length) {
    return fd(from).copyTo(fromOffset, fd(to), toOffset, length);
  }

  @Override
  public void sync(int slot) {
    fd(slot).sync();
  }

  @Override
  public void close() {
    open.values().forEach(Fd::close);
    open.clear();
    files.close();
  }
}
