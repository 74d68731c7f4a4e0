package io.cachefs.fuse.libfuse;

import io.cachefs.base.Name;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Files that have no name any more but are still open.
 *
 * <p>libfuse keeps the path of such a file usable by renaming it to a name of its own making. Here
 * that rename never reaches the file system: the file is unlinked, as the user asked, and the new
 * name leads to its inode from this table alone. Nobody sees it in a listing, its directory can be
 * removed, and its link count is true. Thread-safe; bounded by the number of open files.
 */
final class HiddenFiles implements AutoCloseable {
  /** How libfuse 2.9 begins these names, {@code hidden_name} in {@code lib/fuse.c}. */
  static final byte[] PREFIX = ".fuse_hidden".getBytes(StandardCharsets.US_ASCII);

  private final Map<Key, InodeReference> files = new ConcurrentHashMap<>();

  /** Keeps {@code file}, which is owned from here on, under a name made by libfuse. */
  void hide(long parent, Name name, InodeReference file) {
    InodeReference previous = files.put(new Key(parent, name), file);
    if (previous != null) {
      previous.close();
    }
  }

  /** Returns a new holder of the file under this name, or null. */
  @Nullable InodeReference find(long parent, Name name) {
    return files.computeIfPresent(new Key(parent, name), (key, file) -> file.retain());
  }

  void drop(long parent, Name name) {
    InodeReference file = files.remove(new Key(parent, name));
    if (file != null) {
      file.close();
    }
  }

  /** Drops every name of an inode that is no longer open. */
  void dropInode(long inodeId) {
    for (Map.Entry<Key, InodeReference> entry : List.copyOf(files.entrySet())) {
      InodeReference file = entry.getValue();
      if (file.inodeId() == inodeId && files.remove(entry.getKey(), file)) {
        file.close();
      }
    }
  }

  boolean isEmpty() {
    return files.isEmpty();
  }

  @Override
  public void close() {
    for (Key key : List.copyOf(files.keySet())) {
      drop(key.parent, key.name);
    }
  }

  private record Key(long parent, Name name) {}
}
