package io.cachefs.engine;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.cachefs.base.Attributes;
import io.cachefs.base.Caller;
import io.cachefs.base.FsException;
import io.cachefs.base.Mode;
import io.cachefs.base.Name;
import io.cachefs.base.OpenFlags;
import io.cachefs.vfs.Entry;
import io.cachefs.vfs.OpenFile;
import io.cachefs.vfs.Vfs;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * All that can be seen of a tree through a {@link Vfs}, a line for each path, with times and with
 * which names are one file.
 */
final class VfsSnapshot {
  private static final Caller ROOT = new Caller(0, 0, 1, 0);

  private final Vfs vfs;
  private final SortedMap<String, String> lines = new TreeMap<>();
  private final Map<Long, String> firstNames = new HashMap<>();

  /** Kept to the end, because an inode that nobody uses may get another number. */
  private final List<Long> used = new ArrayList<>();

  private VfsSnapshot(Vfs vfs) {
    this.vfs = vfs;
  }

  static SortedMap<String, String> of(Vfs vfs) throws FsException {
    VfsSnapshot snapshot = new VfsSnapshot(vfs);
    try {
      snapshot.add("", Vfs.ROOT, vfs.attributes(Vfs.ROOT, Vfs.NO_HANDLE));
      return snapshot.lines;
    } finally {
      snapshot.used.forEach(inode -> vfs.forget(inode, 1));
    }
  }

  /** What differs, a line each. */
  static List<String> diff(SortedMap<String, String> first, SortedMap<String, String> second) {
    TreeSet<String> paths = new TreeSet<>(first.keySet());
    paths.addAll(second.keySet());
    return paths.stream()
        .filter(path -> !Objects.equals(first.get(path), second.get(path)))
        .map(path -> path + ": " + first.get(path) + " and " + second.get(path))
        .toList();
  }

  private void add(String path, long inode, Attributes now) throws FsException {
    StringBuilder line = new StringBuilder();
    line.append(Integer.toOctalString(now.mode()));
    line.append(' ').append(now.uid()).append(':').append(now.gid());
    line.append(" at ").append(now.modified());
    if (!now.isDirectory()) {
      line.append(" links ").append(now.linkCount());
      line.append(" is ").append(firstNames.computeIfAbsent(now.inode(), number -> path));
    }
    if (Mode.isRegular(now.mode())) {
      line.append(" size ").append(now.size());
      line.append(" content ").append(Arrays.hashCode(content(inode, now.size())));
    } else if (now.isSymlink()) {
      line.append(" to ").append(new String(vfs.readlink(inode), ISO_8859_1));
    }
    SortedSet<String> names = new TreeSet<>();
    vfs.listXattrs(ROOT, inode).forEach(name -> names.add(new String(name, ISO_8859_1)));
    for (String name : names) {
      byte[] value = vfs.xattr(inode, name.getBytes(ISO_8859_1));
      line.append(' ').append(name).append('=').append(Arrays.hashCode(value));
    }
    lines.put(path, line.toString());
    if (now.isDirectory()) {
      for (String name : names(inode)) {
        Entry entry = vfs.lookup(inode, Name.of(name.getBytes(ISO_8859_1)));
        used.add(entry.inodeId());
        add(path.isEmpty() ? name : path + "/" + name, entry.inodeId(), entry.attributes());
      }
    }
  }

  private byte[] content(long inode, long size) throws FsException {
    OpenFile file = vfs.open(inode, OpenFlags.READ_ONLY);
    try {
      ByteBuffer all = ByteBuffer.allocate((int) size + 1);
      int count = vfs.read(file.handle(), 0, all);
      return Arrays.copyOf(all.array(), count);
    } finally {
      vfs.release(file.handle());
    }
  }

  private SortedSet<String> names(long inode) throws FsException {
    SortedSet<String> names = new TreeSet<>();
    OpenFile directory = vfs.openDirectory(inode);
    try {
      vfs.readDirectory(
          directory.handle(),
          0,
          false,
          (name, length, number, type, next, entry) -> {
            String text = new String(name, 0, length, ISO_8859_1);
            if (!text.equals(".") && !text.equals("..")) {
              names.add(text);
            }
            return true;
          });
    } finally {
      vfs.releaseDirectory(directory.handle());
    }
    return names;
  }
}
