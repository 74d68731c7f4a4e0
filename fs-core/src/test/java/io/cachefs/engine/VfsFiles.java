package io.cachefs.engine;

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
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
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

  /** A name in a known directory. */
  private record Place(long directory, Name name) {}

  VfsFiles(Vfs vfs) {
    this.vfs = vfs;
  }

  /** Work on the file system; its failure is told as a test expects it. */
  private interface Work<T> {
    T run() throws FsException;
  }

  private interface Doing {
    void run() throws FsException;
  }

  private static <T> T call(Work<T> work) {
    try {
      return work.run();
    } catch (FsException e) {
      throw new PosixException(e.errno().number(), e.errno().name());
    }
  }

  private static void run(Doing work) {
    Object unused =
        call(
            () -> {
              work.run();
              return "done";
            });
  }

  private static PosixException error(Errno errno) {
    return new PosixException(errno.number(), "kernel");
  }

  private Entry use(Entry entry) {
    kept.add(entry.inodeId());
    if (kept.size() > KEPT) {
      vfs.forget(kept.remove(), 1);
    }
    return entry;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private Place place(String path) throws FsException {
    int slash = path.lastIndexOf('/');
    Name name = Name.of(bytes(path.substring(slash + 1)));
    if (slash < 0) {
      return new Place(Vfs.ROOT, name);
    }
    Entry directory = entry(path.substring(0, slash));
    if (!directory.attributes().isDirectory()) {
      throw error(Errno.ENOTDIR);
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
      throw error(Errno.EBADF);
    }
    return found;
  }

  private void put(int number, Slot slot) {
    Slot before = open.put(number, slot);
    if (before != null) {
      release(before);
    }
  }

  private void release(Slot slot) {
    run(() -> vfs.flush(slot.handle));
    vfs.release(slot.handle);
    vfs.forget(slot.inode, 1);
  }

  @Override
  public Seen stat(String path) {
    return call(() -> seen(attributes(path)));
  }

  @Override
  public List<String> list(String path) {
    return call(
        () -> {
          OpenFile directory = vfs.openDirectory(inode(path));
          TreeSet<String> names = new TreeSet<>();
          List<Long> found = new ArrayList<>();
          vfs.readDirectory(
              directory.handle(),
              0,
              true,
              (name, length, inode, type, next, entry) -> {
                names.add(new String(name, 0, length, StandardCharsets.ISO_8859_1));
                if (entry != null) {
                  found.add(entry.inodeId());
                }
                return true;
              });
          vfs.releaseDirectory(directory.handle());
          found.forEach(inode -> vfs.forget(inode, 1));
          names.removeAll(List.of(".", ".."));
          return List.copyOf(names);
        });
  }

  @Override
  public void mkdir(String path, int mode) {
    run(
        () -> {
          Place place = place(path);
          use(vfs.mkdir(ROOT, place.directory, place.name, mode));
        });
  }

  @Override
  public void rmdir(String path) {
    run(
        () -> {
          Place place = place(path);
          vfs.rmdir(place.directory, place.name);
        });
  }

  @Override
  public void unlink(String path) {
    run(
        () -> {
          Place place = place(path);
          vfs.unlink(place.directory, place.name);
        });
  }

  @Override
  public void rename(String from, String to, int flags) {
    run(
        () -> {
          if (flags == (Flags.RENAME_NOREPLACE | Flags.RENAME_EXCHANGE)) {
            throw error(Errno.EINVAL);
          }
          Place source = place(from);
          Place target = place(to);
          vfs.rename(source.directory, source.name, target.directory, target.name, flags);
        });
  }

  @Override
  public void link(String from, String to) {
    run(
        () -> {
          long inode = inode(from);
          Place place = place(to);
          use(vfs.link(inode, place.directory, place.name));
        });
  }

  @Override
  public void symlink(String target, String path) {
    run(
        () -> {
          Place place = place(path);
          use(vfs.symlink(ROOT, place.directory, place.name, bytes(target)));
        });
  }

  @Override
  public String readlink(String path) {
    return call(() -> text(vfs.readlink(inode(path))));
  }

  private void change(String path, AttributeChange change) {
    run(() -> vfs.setAttributes(inode(path), Vfs.NO_HANDLE, change));
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
    Timestamp time =
        new Timestamp(Math.floorDiv(nanos, second), (int) Math.floorMod(nanos, second));
    TimeChange change = new TimeChange.At(time);
    return call(
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
    run(() -> vfs.setXattr(inode(path), bytes(name), bytes(value), flags));
  }

  @Override
  public String xattr(String path, String name) {
    return call(() -> text(vfs.xattr(inode(path), bytes(name))));
  }

  @Override
  public void removeXattr(String path, String name) {
    run(() -> vfs.removeXattr(inode(path), bytes(name)));
  }

  @Override
  public List<String> xattrs(String path) {
    return call(
        () -> {
          TreeSet<String> names = new TreeSet<>();
          vfs.listXattrs(ROOT, inode(path)).forEach(name -> names.add(text(name)));
          return List.copyOf(names);
        });
  }

  @Override
  public void open(int slot, String path, int flags) {
    run(
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
      throw error(Errno.EISDIR);
    }
    if (attributes.isSymlink()) {
      throw error(Errno.ELOOP);
    }
  }

  @Override
  public void create(int slot, String path, int flags, int mode) {
    run(
        () -> {
          Place place = place(path);
          CreatedFile created = vfs.create(ROOT, place.directory, place.name, mode, flags);
          put(slot, new Slot(created.entry().inodeId(), created.file().handle(), flags));
        });
  }

  @Override
  public void createUnnamed(int slot, String directory, int mode) {
    run(
        () -> {
          int flags = OpenFlags.READ_WRITE;
          CreatedFile created = vfs.createUnnamed(ROOT, inode(directory), mode, flags);
          put(slot, new Slot(created.entry().inodeId(), created.file().handle(), flags));
        });
  }

  @Override
  public void linkOpen(int slot, String path) {
    run(
        () -> {
          Slot file = slot(slot);
          Place place = place(path);
          use(vfs.link(file.inode, place.directory, place.name));
        });
  }

  @Override
  public void close(int slot) {
    release(slot(slot));
    open.remove(slot);
  }

  @Override
  public Seen statOpen(int slot) {
    Slot file = slot(slot);
    Seen byHandle = call(() -> seen(vfs.attributes(file.inode, file.handle)));
    Seen byInode = call(() -> seen(vfs.attributes(file.inode, Vfs.NO_HANDLE)));
    if (!byHandle.equals(byInode)) {
      throw new AssertionError(byHandle + " by handle, " + byInode + " by inode");
    }
    return byHandle;
  }

  @Override
  public String read(int slot, long offset, int count) {
    ByteBuffer buffer =
        count % 2 == 0 ? ByteBuffer.allocate(count) : ByteBuffer.allocateDirect(count);
    int length = call(() -> vfs.read(slot(slot).handle, offset, buffer));
    byte[] bytes = new byte[length];
    buffer.flip().get(bytes);
    return text(bytes);
  }

  @Override
  public long write(int slot, long offset, String data) {
    return call(() -> vfs.write(slot(slot).handle, offset, ByteBuffer.wrap(bytes(data)), false));
  }

  @Override
  public void truncateOpen(int slot, long size) {
    Slot file = slot(slot);
    if ((file.flags & OpenFlags.ACCESS_MODE) == Flags.O_RDONLY) {
      throw error(Errno.EINVAL);
    }
    AttributeChange change = AttributeChange.NONE.withSize(size);
    run(() -> vfs.setAttributes(file.inode, file.handle, change));
  }

  @Override
  public void fallocate(int slot, int mode, long offset, long length) {
    run(() -> vfs.fallocate(slot(slot).handle, mode, offset, length));
  }

  @Override
  public long copyRange(int from, long fromOffset, int to, long toOffset, long length) {
    return call(
        () -> vfs.copyRange(slot(from).handle, fromOffset, slot(to).handle, toOffset, length));
  }

  @Override
  public void sync(int slot) {
    run(() -> vfs.fsync(slot(slot).handle, false));
  }

  /** Closes all slots and forgets all inodes. */
  @Override
  public void close() {
    open.values().forEach(this::release);
    open.clear();
    kept.forEach(inode -> vfs.forget(inode, 1));
    kept.clear();
  }
}
