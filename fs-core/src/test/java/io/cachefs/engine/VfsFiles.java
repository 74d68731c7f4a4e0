package io.cachefs.engine;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.cachefs.base.AttributeChange;
import io.cachefs.base.AttributeChange.TimeChange;
import io.cachefs.base.Attributes;
import io.cachefs.base.Caller;
import io.cachefs.base.FsException;
import io.cachefs.base.Mode;
import io.cachefs.base.Name;
import io.cachefs.base.OpenFlags;
import io.cachefs.base.Timestamp;
import io.cachefs.testing.model.FileActions;
import io.cachefs.testing.posix.Errno;
import io.cachefs.testing.posix.Flags;
import io.cachefs.testing.posix.PosixException;
import io.cachefs.vfs.CreatedFile;
import io.cachefs.vfs.Entry;
import io.cachefs.vfs.OpenFile;
import io.cachefs.vfs.Vfs;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Does to a {@link Vfs} what the kernel does for a program that gives paths. Inodes are kept for a
 * while after their use, as the kernel keeps them. Owned by one thread.
 */
final class VfsFiles implements FileActions, AutoCloseable {
  private static final Caller ROOT = new Caller(0, 0, 1, 0);
  private static final int KEPT = 20;

  private final Vfs vfs;
  private final Deque<Long> kept = new ArrayDeque<>();
  private final Map<Integer, Slot> open = new HashMap<>();

  private record Slot(long inode, long handle, int flags) {}

  private record Place(long directory, Name name) {}

  VfsFiles(Vfs vfs) {
    this.vfs = vfs;
  }

  private Entry use(Entry entry) {
    kept.add(entry.inodeId());
    if (kept.size() > KEPT) {
      vfs.forget(kept.remove(), 1);
    }
    return entry;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(ISO_8859_1);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, ISO_8859_1);
  }

  private Place place(String path) throws FsException {
    int slash = path.lastIndexOf('/');
    Name name = Name.of(bytes(path.substring(slash + 1)));
    if (slash < 0) {
      return new Place(Vfs.ROOT, name);
    }
    Entry directory = entry(path.substring(0, slash));
    if (!directory.attributes().isDirectory()) {
      throw KernelErrors.error(Errno.ENOTDIR);
    }
    return new Place(directory.inodeId(), name);
  }

  private Entry entry(String path) throws FsException {
    Place place = place(path);
    return use(vfs.lookup(place.directory, place.name));
  }

  private long inode(String path) throws FsException {
    return path.isEmpty() ? Vfs.ROOT : entry(path).inodeId();
  }

  private Attributes attributes(String path) throws FsException {
    return path.isEmpty() ? vfs.attributes(Vfs.ROOT, Vfs.NO_HANDLE) : entry(path).attributes();
  }

  private static Seen seen(Attributes a) {
    return Seen.of(
        a.mode() & Mode.TYPE_MASK,
        a.mode() & Mode.PERMISSIONS,
        a.linkCount(),
        a.uid(),
        a.gid(),
        a.size());
  }

  private Slot slot(int slot) {
    Slot found = open.get(slot);
    if (found == null) {
      throw KernelErrors.error(Errno.EBADF);
    }
    return found;
  }

  private void put(int number, CreatedFile created, int flags) {
    put(number, new Slot(created.entry().inodeId(), created.file().handle(), flags));
  }

  private void put(int number, Slot slot) {
    Slot before = open.put(number, slot);
    if (before != null) {
      release(before);
    }
  }

  /** A close that fails closes all the same. */
  private void release(Slot slot) {
    try {
      KernelErrors.run(() -> vfs.flush(slot.handle));
    } finally {
      vfs.release(slot.handle);
      vfs.forget(slot.inode, 1);
    }
  }

  private void releaseQuietly(Slot slot) {
    try {
      release(slot);
    } catch (PosixException e) {
      // It is closed, and nobody is left to be told what could not be done before.
      assert e.errno() != Errno.EBADF;
    }
  }

  @Override
  public Seen stat(String path) {
    return KernelErrors.call(() -> seen(attributes(path)));
  }

  @Override
  public List<String> list(String path) {
    return KernelErrors.call(
        () -> {
          OpenFile directory = vfs.openDirectory(inode(path));
          try {
            return namesIn(directory.handle());
          } finally {
            vfs.releaseDirectory(directory.handle());
          }
        });
  }

  private List<String> namesIn(long directory) throws FsException {
    TreeSet<String> names = new TreeSet<>();
    vfs.readDirectory(
        directory,
        0,
        true,
        (name, length, inode, type, next, entry) -> {
          names.add(new String(name, 0, length, ISO_8859_1));
          if (entry != null) {
            vfs.forget(entry.inodeId(), 1);
          }
          return true;
        });
    return names.stream().filter(name -> !name.matches("[.][.]?")).toList();
  }

  @Override
  public void mkdir(String path, int mode) {
    KernelErrors.run(
        () -> {
          Place place = place(path);
          use(vfs.mkdir(ROOT, place.directory, place.name, mode));
        });
  }

  @Override
  public void rmdir(String path) {
    KernelErrors.run(
        () -> {
          Place place = place(path);
          vfs.rmdir(place.directory, place.name);
        });
  }

  @Override
  public void unlink(String path) {
    KernelErrors.run(
        () -> {
          Place place = place(path);
          vfs.unlink(place.directory, place.name);
        });
  }

  @Override
  public void rename(String from, String to, int flags) {
    KernelErrors.run(
        () -> {
          if (flags == (Flags.RENAME_NOREPLACE | Flags.RENAME_EXCHANGE)) {
            throw KernelErrors.error(Errno.EINVAL);
          }
          Place source = place(from);
          Place target = place(to);
          vfs.rename(source.directory, source.name, target.directory, target.name, flags);
        });
  }

  @Override
  public void link(String from, String to) {
    KernelErrors.run(
        () -> {
          long inode = inode(from);
          Place place = place(to);
          use(vfs.link(inode, place.directory, place.name));
        });
  }

  @Override
  public void symlink(String target, String path) {
    KernelErrors.run(
        () -> {
          Place place = place(path);
          use(vfs.symlink(ROOT, place.directory, place.name, bytes(target)));
        });
  }

  @Override
  public String readlink(String path) {
    return KernelErrors.call(() -> text(vfs.readlink(inode(path))));
  }

  private void change(String path, AttributeChange change) {
    KernelErrors.run(() -> vfs.setAttributes(inode(path), Vfs.NO_HANDLE, change));
  }

  @Override
  public void chmod(String path, int perm) {
    change(path, AttributeChange.NONE.withMode(perm));
  }

  @Override
  public void chown(String path, int uid, int gid) {
    change(path, AttributeChange.NONE.withOwner(uid < 0 ? null : uid, gid < 0 ? null : gid));
  }

  @Override
  public long utimens(String path, long nanos) {
    long second = 1_000_000_000L;
    int fraction = (int) Math.floorMod(nanos, second);
    TimeChange change = new TimeChange.At(new Timestamp(Math.floorDiv(nanos, second), fraction));
    return KernelErrors.call(
        () -> {
          long inode = inode(path);
          AttributeChange times = AttributeChange.NONE.withTimes(change, change);
          Timestamp now = vfs.setAttributes(inode, Vfs.NO_HANDLE, times).modified();
          return now.seconds() * second + now.nanos();
        });
  }

  @Override
  public void truncate(String path, long size) {
    change(path, AttributeChange.NONE.withSize(size));
  }

  @Override
  public void setXattr(String path, String name, String value, int flags) {
    KernelErrors.run(() -> vfs.setXattr(inode(path), bytes(name), bytes(value), flags));
  }

  @Override
  public String xattr(String path, String name) {
    return KernelErrors.call(() -> text(vfs.xattr(inode(path), bytes(name))));
  }

  @Override
  public void removeXattr(String path, String name) {
    KernelErrors.run(() -> vfs.removeXattr(inode(path), bytes(name)));
  }

  @Override
  public List<String> xattrs(String path) {
    return KernelErrors.call(
        () -> {
          TreeSet<String> names = new TreeSet<>();
          vfs.listXattrs(ROOT, inode(path)).forEach(name -> names.add(text(name)));
          return List.copyOf(names);
        });
  }

  @Override
  public void open(int slot, String path, int flags) {
    KernelErrors.run(
        () -> {
          Place place = place(path);
          Entry entry = vfs.lookup(place.directory, place.name);
          boolean done = false;
          try {
            requireFile(entry.attributes());
            OpenFile file = vfs.open(entry.inodeId(), flags);
            put(slot, new Slot(entry.inodeId(), file.handle(), flags));
            done = true;
          } finally {
            if (!done) {
              vfs.forget(entry.inodeId(), 1);
            }
          }
        });
  }

  private static void requireFile(Attributes attributes) {
    if (attributes.isDirectory()) {
      throw KernelErrors.error(Errno.EISDIR);
    }
    if (attributes.isSymlink()) {
      throw KernelErrors.error(Errno.ELOOP);
    }
  }

  @Override
  public void create(int slot, String path, int flags, int mode) {
    KernelErrors.run(
        () -> {
          Place place = place(path);
          put(slot, vfs.create(ROOT, place.directory, place.name, mode, flags), flags);
        });
  }

  @Override
  public void createUnnamed(int slot, String directory, int mode) {
    KernelErrors.run(
        () -> {
          int flags = OpenFlags.READ_WRITE;
          put(slot, vfs.createUnnamed(ROOT, inode(directory), mode, flags), flags);
        });
  }

  @Override
  public void linkOpen(int slot, String path) {
    KernelErrors.run(
        () -> {
          Slot file = slot(slot);
          Place place = place(path);
          use(vfs.link(file.inode, place.directory, place.name));
        });
  }

  @Override
  public void close(int slot) {
    Slot file = slot(slot);
    open.remove(slot);
    release(file);
  }

  @Override
  public Seen statOpen(int slot) {
    Slot file = slot(slot);
    long handle = slot % 2 == 0 ? file.handle : Vfs.NO_HANDLE;
    return KernelErrors.call(() -> seen(vfs.attributes(file.inode, handle)));
  }

  @Override
  public String read(int slot, long offset, int count) {
    ByteBuffer buffer =
        count % 2 == 0 ? ByteBuffer.allocate(count) : ByteBuffer.allocateDirect(count);
    int length = KernelErrors.call(() -> vfs.read(slot(slot).handle, offset, buffer));
    byte[] bytes = new byte[length];
    buffer.flip().get(bytes);
    return text(bytes);
  }

  @Override
  public long write(int slot, long offset, String data) {
    return KernelErrors.call(
        () -> vfs.write(slot(slot).handle, offset, ByteBuffer.wrap(bytes(data)), false));
  }

  @Override
  public void truncateOpen(int slot, long size) {
    Slot file = slot(slot);
    if ((file.flags & OpenFlags.ACCESS_MODE) == Flags.O_RDONLY) {
      throw KernelErrors.error(Errno.EINVAL);
    }
    AttributeChange change = AttributeChange.NONE.withSize(size);
    KernelErrors.run(() -> vfs.setAttributes(file.inode, file.handle, change));
  }

  @Override
  public void fallocate(int slot, int mode, long offset, long length) {
    KernelErrors.run(() -> vfs.fallocate(slot(slot).handle, mode, offset, length));
  }

  @Override
  public long copyRange(int from, long fromOffset, int to, long toOffset, long length) {
    return KernelErrors.call(
        () -> vfs.copyRange(slot(from).handle, fromOffset, slot(to).handle, toOffset, length));
  }

  @Override
  public void sync(int slot) {
    KernelErrors.run(() -> vfs.fsync(slot(slot).handle, false));
  }

  @Override
  public void close() {
    open.values().forEach(this::releaseQuietly);
    kept.forEach(inode -> vfs.forget(inode, 1));
  }
}
