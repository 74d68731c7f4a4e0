package io.cachefs.testing.tree;

import io.cachefs.testing.posix.Dirent;
import io.cachefs.testing.posix.Fd;
import io.cachefs.testing.posix.Flags;
import io.cachefs.testing.posix.Posix;
import io.cachefs.testing.posix.Stat;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.zip.CRC32;

/** All that can be seen of a directory tree at one time, by path. Paths are byte strings. */
public final class TreeSnapshot {
  private final SortedMap<String, SortedMap<String, String>> entries;

  private TreeSnapshot(SortedMap<String, SortedMap<String, String>> entries) {
    this.entries = entries;
  }

  /** Reads a tree with everything in it. */
  public static TreeSnapshot of(Path root) {
    SortedMap<String, SortedMap<String, String>> entries = new TreeMap<>();
    try (Posix fs = Posix.in(root)) {
      visit(fs, ".", entries);
    }
    return new TreeSnapshot(entries);
  }

  /** The paths, relative to the root, which is a dot. */
  public List<String> paths() {
    return List.copyOf(entries.keySet());
  }

  /** What is known of a path: attribute names with their values; empty if it is not there. */
  public Map<String, String> attributes(String path) {
    return Map.copyOf(entries.getOrDefault(path, new TreeMap<>()));
  }

  /** What differs, a line each; empty when the trees are the same. */
  public List<String> diff(TreeSnapshot other) {
    return diff(other, List.of());
  }

  /** What differs, but for some attributes. */
  public List<String> diff(TreeSnapshot other, List<String> ignoredAttributes) {
    List<String> differences = new ArrayList<>();
    TreeSet<String> all = new TreeSet<>(entries.keySet());
    all.addAll(other.entries.keySet());
    for (String path : all) {
      SortedMap<String, String> here = entries.get(path);
      SortedMap<String, String> there = other.entries.get(path);
      if (here == null || there == null) {
        differences.add(printable(path) + ": only in the " + (here == null ? "second" : "first"));
        continue;
      }
      TreeSet<String> keys = new TreeSet<>(here.keySet());
      keys.addAll(there.keySet());
      ignoredAttributes.forEach(keys::remove);
      for (String key : keys) {
        String first = here.getOrDefault(key, "nothing");
        String second = there.getOrDefault(key, "nothing");
        if (!first.equals(second)) {
          differences.add(printable(path) + ": " + key + " is " + first + " and " + second);
        }
      }
    }
    return differences;
  }

  private static void visit(
      Posix fs, String path, SortedMap<String, SortedMap<String, String>> entries) {
    Stat stat = fs.lstat(path);
    SortedMap<String, String> attributes = new TreeMap<>();
    entries.put(path, attributes);
    attributes.put("type", Integer.toOctalString(stat.type()));
    attributes.put("mode", Integer.toOctalString(stat.perm()));
    attributes.put("uid", Integer.toString(stat.uid()));
    attributes.put("gid", Integer.toString(stat.gid()));
    attributes.put("mtime", Long.toString(stat.mtime()));
    attributes.put("nlink", Integer.toString(stat.nlink()));
    for (String key : fs.llistxattr(path)) {
      attributes.put("xattr " + printable(key), printable(fs.lgetxattr(path, key)));
    }
    switch (stat.type()) {
      case Flags.S_IFREG -> {
        attributes.put("size", Long.toString(stat.size()));
        attributes.put("content", Long.toHexString(checksum(fs, path)));
      }
      case Flags.S_IFLNK -> attributes.put("target", printable(fs.readlink(path)));
      case Flags.S_IFCHR, Flags.S_IFBLK ->
          attributes.put("device", stat.rdevMajor() + ":" + stat.rdevMinor());
      case Flags.S_IFDIR -> {
        for (Dirent entry : fs.entries(path)) {
          if (!entry.name().equals(".") && !entry.name().equals("..")) {
            visit(fs, path.equals(".") ? entry.name() : path + "/" + entry.name(), entries);
          }
        }
      }
      default -> {
        // A fifo or a socket: nothing more to see.
      }
    }
  }

  private static long checksum(Posix fs, String path) {
    CRC32 crc = new CRC32();
    try (Fd fd = fs.open(path, Flags.O_RDONLY)) {
      for (String some = fd.read(1 << 18); !some.isEmpty(); some = fd.read(1 << 18)) {
        crc.update(some.getBytes(StandardCharsets.ISO_8859_1));
      }
    }
    return crc.getValue();
  }

  private static String printable(String bytes) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < bytes.length(); i++) {
      char c = bytes.charAt(i);
      if (c >= 0x20 && c < 0x7f && c != '\\') {
        out.append(c);
      } else {
        out.append(String.format("\\x%02x", (int) c));
      }
    }
    return out.toString();
  }
}
