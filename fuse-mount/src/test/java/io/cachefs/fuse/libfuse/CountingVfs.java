package io.cachefs.fuse.libfuse;

import io.cachefs.base.Attributes;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Mode;
import io.cachefs.base.Name;
import io.cachefs.base.Timestamp;
import io.cachefs.vfs.Entry;
import io.cachefs.vfs.Vfs;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Names and references of a file system, enough for resolving paths: lookup, forget, attributes and
 * rename. Thread-safe. Any other call fails.
 */
final class CountingVfs {
  private final Map<Long, Map<String, Long>> directories = new HashMap<>();
  private final Map<Long, Long> references = new TreeMap<>();
  private long lookups;
  private long nextInode = Vfs.ROOT;
  private Runnable beforeAnswer = () -> {};

  CountingVfs() {
    directories.put(nextInode++, new HashMap<>());
  }

  /** This file system as a {@link Vfs}. */
  Vfs vfs() {
    return (Vfs)
        Proxy.newProxyInstance(
            Vfs.class.getClassLoader(),
            new Class<?>[] {Vfs.class},
            (self, method, arguments) ->
                switch (method.getName()) {
                  case "lookup" -> lookup((long) arguments[0], (Name) arguments[1]);
                  case "forget" -> forget((long) arguments[0], (long) arguments[1]);
                  case "attributes" -> attributes((long) arguments[0]);
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  /** Makes a directory, or a file if the path does not end with a slash; returns its inode. */
  synchronized long make(String path) {
    boolean directory = path.endsWith("/");
    String[] names = path.split("/", -1);
    long parent = Vfs.ROOT;
    int last = directory ? names.length - 2 : names.length - 1;
    for (int i = 1; i < last; i++) {
      Long next = names(parent).get(names[i]);
      if (next == null) {
        throw new IllegalArgumentException(path);
      }
      parent = next;
    }
    long inode = nextInode++;
    names(parent).put(names[last], inode);
    if (directory) {
      directories.put(inode, new HashMap<>());
    }
    return inode;
  }

  synchronized void move(long parent, String name, long newParent, String newName) {
    Long inode = names(parent).remove(name);
    if (inode == null) {
      throw new IllegalArgumentException(name);
    }
    names(newParent).put(newName, inode);
  }

  synchronized void remove(long parent, String name) {
    names(parent).remove(name);
  }

  private Map<String, Long> names(long directory) {
    Map<String, Long> names = directories.get(directory);
    if (names == null) {
      throw new IllegalArgumentException("not a directory: " + directory);
    }
    return names;
  }

  private Entry lookup(long parent, Name name) throws FsException {
    Entry found;
    Runnable wait;
    synchronized (this) {
      lookups++;
      wait = beforeAnswer;
      Map<String, Long> names = directories.get(parent);
      if (names == null) {
        throw new FsException(Errno.ENOTDIR);
      }
      Long inode = names.get(name.toString());
      if (inode == null) {
        throw new FsException(Errno.ENOENT);
      }
      references.merge(inode, 1L, Long::sum);
      found = new Entry(inode, attributes(inode));
    }
    wait.run();
    return found;
  }

  private synchronized boolean forget(long inode, long count) {
    if (inode != Vfs.ROOT) {
      long left = references.merge(inode, -count, Long::sum);
      if (left < 0) {
        throw new IllegalStateException("forgot " + inode + " more often than it was looked up");
      }
    }
    return true;
  }

  private synchronized Attributes attributes(long inode) {
    int mode = directories.containsKey(inode) ? Mode.DIRECTORY | 0755 : Mode.REGULAR | 0644;
    Timestamp never = Timestamp.ZERO;
    return new Attributes(1, inode, mode, 1, 0, 0, 0, 0, 0, 4096, never, never, never, null);
  }

  /** Runs between finding a name and answering with it. */
  synchronized void beforeAnswer(Runnable action) {
    beforeAnswer = action;
  }

  synchronized long lookups() {
    return lookups;
  }

  synchronized long referencesHeld() {
    return references.values().stream().mapToLong(Long::longValue).sum();
  }
}
