package io.cachefs.testing.model;

import io.cachefs.testing.posix.Flags;
import java.util.SortedMap;
import java.util.TreeMap;

/** All that {@link FileActions} can see of a tree, as text by path, to be compared. */
public final class TreeText {
  private static final int SLOT = -1;

  private TreeText() {}

  /** Reads the tree; uses the slot -1. */
  public static SortedMap<String, String> of(FileActions files) {
    SortedMap<String, String> lines = new TreeMap<>();
    add(files, "", lines);
    return lines;
  }

  private static void add(FileActions files, String path, SortedMap<String, String> lines) {
    FileActions.Seen seen = files.stat(path);
    StringBuilder line = new StringBuilder();
    line.append(Integer.toOctalString(seen.type() | seen.perm()));
    line.append(' ').append(seen.uid()).append(':').append(seen.gid());
    if (!path.isEmpty()) {
      line.append(" links ").append(seen.nlink());
    }
    switch (seen.type()) {
      case Flags.S_IFREG -> {
        files.open(SLOT, path, Flags.O_RDONLY);
        line.append(" size ").append(seen.size()).append(" content ");
        line.append(Integer.toHexString(files.read(SLOT, 0, (int) seen.size() + 1).hashCode()));
        files.close(SLOT);
      }
      case Flags.S_IFLNK -> line.append(" to ").append(files.readlink(path));
      case Flags.S_IFDIR -> {
        for (String name : files.list(path)) {
          add(files, path.isEmpty() ? name : path + "/" + name, lines);
        }
      }
      default -> line.append(" special");
    }
    if (seen.type() == Flags.S_IFREG || seen.type() == Flags.S_IFDIR) {
      for (String name : files.xattrs(path)) {
        line.append(' ').append(name).append('=').append(files.xattr(path, name));
      }
    }
    lines.put(path, line.toString());
  }
}
