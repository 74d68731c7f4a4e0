package io.cachefs.testing.model;

import io.cachefs.testing.posix.Errno;
import io.cachefs.testing.posix.Flags;
import io.cachefs.testing.posix.PosixException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The reference: what root sees on Linux, in memory. Owned by one thread. */
public final class ModelFileSystem implements FileActions {
  private final ModelNode root;
  private final int uid;
  private final int gid;
  private final Map<Integer, Opened> open = new HashMap<>();

  /** An open file. */
  private record Opened(ModelNode node, int flags) {
    boolean reads() {
      return (flags & 3) != Flags.O_WRONLY;
    }

    boolean writes() {
      return (flags & 3) != Flags.O_RDONLY;
    }

    boolean appends() {
      return (flags & Flags.O_APPEND) != 0;
    }
  }

  /** A name in a directory, and what has it. */
  private record Place(ModelNode directory, String name, @Nullable ModelNode node) {}

  /** Starts empty; {@code root} is what is seen of the root, and new files have its owner. */
  public ModelFileSystem(Seen root) {
    this.uid = root.uid();
    this.gid = root.gid();
    this.root = new ModelNode(Flags.S_IFDIR, root.perm(), uid, gid);
  }

  private static PosixException error(Errno errno) {
    return new PosixException(errno.number(), "model");
  }

  private static void require(boolean condition, Errno otherwise) {
    if (!condition) {
      throw error(otherwise);
    }
  }

  // --- Finding ---

  private ModelNode node(String path) {
    return path.isEmpty() ? root : existing(place(path));
  }

  private static ModelNode existing(Place place) {
    ModelNode node = place.node;
    if (node == null) {
      throw error(Errno.ENOENT);
    }
    return node;
  }

  private Place place(String path) {
    int slash = path.lastIndexOf('/');
    ModelNode directory = slash < 0 ? root : node(path.substring(0, slash));
    require(directory.isDirectory(), Errno.ENOTDIR);
    String name = path.substring(slash + 1);
    return new Place(directory, name, directory.entries.get(name));
  }

  private Place vacant(String path) {
    Place place = place(path);
    require(place.node == null, Errno.EEXIST);
    return place;
  }

  private Opened opened(int slot) {
    Opened found = open.get(slot);
    if (found == null) {
      throw error(Errno.EBADF);
    }
    return found;
  }

  private static Seen seen(ModelNode node) {
    return Seen.of(node.type, node.perm, node.names, node.uid, node.gid, node.size());
  }

  @Override
  public Seen stat(String path) {
    return seen(node(path));
  }

  @Override
  public List<String> list(String path) {
    ModelNode node = node(path);
    require(node.isDirectory(), Errno.ENOTDIR);
    return List.copyOf(node.entries.keySet());
  }

  // --- Names ---

  private static void put(Place place, ModelNode node) {
    place.directory.entries.put(place.name, node);
    node.names++;
    node.unnamed = false;
  }

  private static void remove(Place place, ModelNode node) {
    place.directory.entries.remove(place.name);
    node.names--;
  }

  private ModelNode make(int type, int perm) {
    return new ModelNode(type, perm, uid, gid);
  }

  @Override
  public void mkdir(String path, int mode) {
    put(vacant(path), make(Flags.S_IFDIR, mode));
  }

  @Override
  public void rmdir(String path) {
    Place place = place(path);
    ModelNode node = existing(place);
    require(node.isDirectory(), Errno.ENOTDIR);
    require(node.entries.isEmpty(), Errno.ENOTEMPTY);
    remove(place, node);
  }

  @Override
  public void unlink(String path) {
    Place place = place(path);
    ModelNode node = existing(place);
    require(!node.isDirectory(), Errno.EISDIR);
    remove(place, node);
  }

  @Override
  public void rename(String from, String to, int flags) {
    boolean exchange = (flags & Flags.RENAME_EXCHANGE) != 0;
    boolean keep = (flags & Flags.RENAME_NOREPLACE) != 0;
    require(!(exchange && keep), Errno.EINVAL);
    Place source = place(from);
    Place target = place(to);
    ModelNode moved = existing(source);
    ModelNode replaced = target.node;
    require(!(keep && replaced != null), Errno.EEXIST);
    require(!(exchange && replaced == null), Errno.ENOENT);
    require(!to.startsWith(from + "/"), Errno.EINVAL);
    require(!from.startsWith(to + "/"), exchange ? Errno.EINVAL : Errno.ENOTEMPTY);
    if (moved == replaced) {
      return;
    }
    if (replaced == null) {
      remove(source, moved);
    } else if (exchange) {
      remove(source, moved);
      remove(target, replaced);
      put(source, replaced);
    } else {
      require(!moved.isDirectory() || replaced.isDirectory(), Errno.ENOTDIR);
      require(moved.isDirectory() || !replaced.isDirectory(), Errno.EISDIR);
      require(replaced.entries.isEmpty(), Errno.ENOTEMPTY);
      remove(target, replaced);
      remove(source, moved);
    }
    put(target, moved);
  }

  @Override
  public void link(String from, String to) {
    ModelNode node = node(from);
    Place place = vacant(to);
    require(!node.isDirectory(), Errno.EPERM);
    put(place, node);
  }

  @Override
  public void symlink(String target, String path) {
    Place place = vacant(path);
    ModelNode node = make(Flags.S_IFLNK, 0777);
    node.write(0, target);
    put(place, node);
  }

  @Override
  public String readlink(String path) {
    ModelNode node = node(path);
    require(node.isSymlink(), Errno.EINVAL);
    return node.read(0, node.size());
  }

  // --- Attributes ---

  @Override
  public void chmod(String path, int perm) {
    ModelNode node = node(path);
    require(!node.isSymlink(), Errno.EOPNOTSUPP);
    node.perm = perm;
  }

  @Override
  public void chown(String path, int newUid, int newGid) {
    ModelNode node = node(path);
    node.uid = newUid == -1 ? node.uid : newUid;
    node.gid = newGid == -1 ? node.gid : newGid;
  }

  @Override
  public long utimens(String path, long nanos) {
    ModelNode node = node(path);
    require(node.type != 0, Errno.EIO);
    return nanos;
  }

  @Override
  public void truncate(String path, long size) {
    ModelNode node = node(path);
    require(!node.isDirectory(), Errno.EISDIR);
    require(node.isFile(), Errno.EINVAL);
    node.resize(size);
  }

  @Override
  public void setXattr(String path, String name, String value, int flags) {
    ModelNode node = node(path);
    require(!node.isSymlink(), Errno.EPERM);
    boolean there = node.xattrs.containsKey(name);
    require(!there || (flags & Flags.XATTR_CREATE) == 0, Errno.EEXIST);
    require(there || (flags & Flags.XATTR_REPLACE) == 0, Errno.ENODATA);
    node.xattrs.put(name, value);
  }

  @Override
  public String xattr(String path, String name) {
    String value = node(path).xattrs.get(name);
    if (value == null) {
      throw error(Errno.ENODATA);
    }
    return value;
  }

  @Override
  public void removeXattr(String path, String name) {
    ModelNode node = node(path);
    require(!node.isSymlink(), Errno.EPERM);
    require(node.xattrs.containsKey(name), Errno.ENODATA);
    node.xattrs.remove(name);
  }

  @Override
  public List<String> xattrs(String path) {
    return List.copyOf(node(path).xattrs.keySet());
  }

  // --- Open files ---

  private void openNode(int slot, ModelNode node, int flags) {
    require(!node.isDirectory(), Errno.EISDIR);
    require(!node.isSymlink(), Errno.ELOOP);
    if ((flags & Flags.O_TRUNC) != 0) {
      node.resize(0);
    }
    open.put(slot, new Opened(node, flags));
  }

  @Override
  public void open(int slot, String path, int flags) {
    openNode(slot, node(path), flags);
  }

  @Override
  public void create(int slot, String path, int flags, int mode) {
    Place place = place(path);
    ModelNode node = place.node;
    if (node == null) {
      node = make(Flags.S_IFREG, mode);
      put(place, node);
    } else {
      require((flags & Flags.O_EXCL) == 0, Errno.EEXIST);
    }
    openNode(slot, node, flags);
  }

  @Override
  public void createUnnamed(int slot, String directory, int mode) {
    ModelNode parent = node(directory);
    require(parent.isDirectory(), Errno.ENOTDIR);
    ModelNode node = make(Flags.S_IFREG, mode);
    node.unnamed = true;
    openNode(slot, node, Flags.O_RDWR);
  }

  @Override
  public void linkOpen(int slot, String path) {
    ModelNode node = opened(slot).node;
    Place place = vacant(path);
    require(node.names > 0 || node.unnamed, Errno.ENOENT);
    put(place, node);
  }

  @Override
  public void close(int slot) {
    require(open.remove(slot) != null, Errno.EBADF);
  }

  @Override
  public Seen statOpen(int slot) {
    return seen(opened(slot).node);
  }

  @Override
  public String read(int slot, long offset, int count) {
    Opened file = opened(slot);
    require(file.reads(), Errno.EBADF);
    return file.node.read(offset, count);
  }

  @Override
  public long write(int slot, long offset, String data) {
    Opened file = opened(slot);
    require(file.writes(), Errno.EBADF);
    file.node.write(file.appends() ? file.node.size() : offset, data);
    return data.length();
  }

  @Override
  public void truncateOpen(int slot, long size) {
    Opened file = opened(slot);
    require(file.writes(), Errno.EINVAL);
    file.node.resize(size);
  }

  @Override
  public void fallocate(int slot, int mode, long offset, long length) {
    Opened file = opened(slot);
    require(file.writes(), Errno.EBADF);
    if ((mode & Flags.FALLOC_PUNCH_HOLE) != 0) {
      file.node.clear(offset, length);
    } else if ((mode & Flags.FALLOC_KEEP_SIZE) == 0) {
      file.node.resize(Math.max(file.node.size(), offset + length));
    }
  }

  @Override
  public long copyRange(int from, long fromOffset, int to, long toOffset, long length) {
    Opened source = opened(from);
    Opened target = opened(to);
    require(source.reads() && target.writes() && !target.appends(), Errno.EBADF);
    long count = Math.max(0, Math.min(length, source.node.size() - fromOffset));
    boolean overlap = toOffset + count > fromOffset && toOffset < fromOffset + count;
    require(source.node != target.node || !overlap, Errno.EINVAL);
    target.node.write(toOffset, source.node.read(fromOffset, (int) count));
    return count;
  }

  @Override
  public void sync(int slot) {
    require(open.containsKey(slot), Errno.EBADF);
  }
}
