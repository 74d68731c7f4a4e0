package io.cachefs.fuse.libfuse;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.Attributes;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.vfs.Entry;
import io.cachefs.vfs.Vfs;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Finds the inode of a path by looking up its names one after the other, and remembers the inodes
 * of the paths used last. Thread-safe; no lock is held while the file system is asked.
 *
 * <p>What is remembered is what the kernel was told: {@link #lookup}, which answers the kernel's
 * own lookups, always asks for the last name; everything else takes the remembered inode. A change
 * of names tells {@link #forgetName} or {@link #forgetTree} after it happened.
 */
final class PathResolver implements AutoCloseable {
  /** Enough for the directories in use on a busy mount; an entry is about 200 bytes. */
  static final int DEFAULT_CAPACITY = 4096;

  // Given at construction, never changes.
  private final Vfs vfs;
  private final HiddenFiles hidden;
  private final int capacity;
  private final InodeReference root;

  // State. Guarded as marked.
  private final ReentrantLock lock = new ReentrantLock();

  /** Each entry is one holder of its reference. Least recently used first. */
  @GuardedBy("lock")
  private final LinkedHashMap<BytePath, InodeReference> known =
      new LinkedHashMap<>(64, 0.75f, true);

  /** Counts invalidations: a lookup that one of them overlapped is not remembered. */
  @GuardedBy("lock")
  private long changes;

  PathResolver(Vfs vfs, HiddenFiles hidden, int capacity) {
    this.vfs = vfs;
    this.hidden = hidden;
    this.capacity = capacity;
    this.root = new InodeReference(vfs, Vfs.ROOT, true);
  }

  /** Returns the inode of a path, to be closed by the caller. */
  InodeReference resolve(BytePath path) throws FsException {
    if (path.isRoot()) {
      return root.retain();
    }
    boolean maybeHidden = path.nameStartsWith(HiddenFiles.PREFIX) && !hidden.isEmpty();
    if (!maybeHidden) {
      InodeReference found = find(path);
      if (found != null) {
        return found;
      }
    }
    try (InodeReference parent = resolveParent(path)) {
      Name name = path.name();
      InodeReference file = maybeHidden ? hidden.find(parent.inodeId(), name) : null;
      return file != null ? file : step(parent, path, name);
    }
  }

  /** Returns the directory that holds a path's last name, to be closed by the caller. */
  InodeReference resolveParent(BytePath path) throws FsException {
    if (path.isRoot()) {
      throw new FsException(Errno.EBUSY, "the root has no parent here");
    }
    List<BytePath> unknown = new ArrayList<>();
    BytePath at = path.parent();
    InodeReference current = null;
    while (current == null) {
      current = at.isRoot() ? root.retain() : find(at);
      if (current == null) {
        unknown.add(at);
        at = at.parent();
      }
    }
    for (int i = unknown.size() - 1; i >= 0; i--) {
      try (InodeReference parent = current) {
        current = step(parent, unknown.get(i), unknown.get(i).name());
      }
    }
    return current;
  }

  private InodeReference step(InodeReference parent, BytePath path, Name name) throws FsException {
    long seen = changesSoFar();
    return publish(path, vfs.lookup(parent.inodeId(), name), seen);
  }

  /** Asks the file system for the last name of a path and remembers what it says. */
  Found lookup(BytePath path) throws FsException {
    if (path.isRoot()) {
      return new Found(root.retain(), vfs.attributes(Vfs.ROOT, Vfs.NO_HANDLE));
    }
    try (InodeReference parent = resolveParent(path)) {
      long seen = changesSoFar();
      Entry entry;
      try {
        entry = vfs.lookup(parent.inodeId(), path.name());
      } catch (FsException e) {
        if (e.errno() == Errno.ENOENT && isKnown(path)) {
          forgetTree(path);
        }
        throw e;
      }
      return new Found(publish(path, entry, seen), entry.attributes());
    }
  }

  /** Returns the mark to give to {@link #publish} for an entry that is asked for next. */
  long changesSoFar() {
    lock.lock();
    try {
      return changes;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes over the reference of {@code entry}, found or made under {@code path}, and remembers it
   * unless names changed since {@code seen}. The result is to be closed by the caller.
   */
  InodeReference publish(BytePath path, Entry entry, long seen) {
    List<InodeReference> dropped = new ArrayList<>(1);
    InodeReference made =
        new InodeReference(vfs, entry.inodeId(), entry.attributes().isDirectory());
    lock.lock();
    try {
      if (changes != seen) {
        return made;
      }
      InodeReference before = known.get(path);
      if (before != null && before.inodeId() == entry.inodeId()) {
        dropped.add(made);
        return before.retain();
      }
      if (before != null && before.isDirectory()) {
        removeWithinLocked(path, dropped);
      }
      InodeReference replaced = known.put(path, made.retain());
      if (replaced != null) {
        dropped.add(replaced);
      }
      evictLocked(dropped);
      return made;
    } finally {
      lock.unlock();
      closeAll(dropped);
    }
  }

  @GuardedBy("lock")
  private void evictLocked(List<InodeReference> dropped) {
    Iterator<InodeReference> eldest = known.values().iterator();
    while (known.size() > capacity && eldest.hasNext()) {
      dropped.add(eldest.next());
      eldest.remove();
    }
  }

  /** Forgets a path that is not a directory, or an empty one. */
  void forgetName(BytePath path) {
    InodeReference dropped;
    lock.lock();
    try {
      changes++;
      dropped = known.remove(path);
    } finally {
      lock.unlock();
    }
    if (dropped != null) {
      dropped.close();
    }
  }

  /** Forgets a path and everything inside it. */
  void forgetTree(BytePath path) {
    List<InodeReference> dropped = new ArrayList<>();
    lock.lock();
    try {
      changes++;
      removeWithinLocked(path, dropped);
    } finally {
      lock.unlock();
      closeAll(dropped);
    }
  }

  @GuardedBy("lock")
  private void removeWithinLocked(BytePath path, List<InodeReference> dropped) {
    Iterator<Map.Entry<BytePath, InodeReference>> entries = known.entrySet().iterator();
    while (entries.hasNext()) {
      Map.Entry<BytePath, InodeReference> entry = entries.next();
      if (entry.getKey().isWithin(path)) {
        dropped.add(entry.getValue());
        entries.remove();
      }
    }
  }

  private @Nullable InodeReference find(BytePath path) {
    lock.lock();
    try {
      InodeReference found = known.get(path);
      return found == null ? null : found.retain();
    } finally {
      lock.unlock();
    }
  }

  private boolean isKnown(BytePath path) {
    lock.lock();
    try {
      return known.containsKey(path);
    } finally {
      lock.unlock();
    }
  }

  private static void closeAll(List<InodeReference> references) {
    for (InodeReference reference : references) {
      reference.close();
    }
  }

  /** Returns how many paths are remembered. */
  int size() {
    lock.lock();
    try {
      return known.size();
    } finally {
      lock.unlock();
    }
  }

  /** Fails with an assertion if more is remembered than may be. */
  void checkInvariants() {
    assert size() <= capacity : "remembers " + size() + " paths of at most " + capacity;
  }

  /** Forgets everything. */
  @Override
  public void close() {
    forgetTree(BytePath.ROOT);
  }

  /** An inode and its attributes; the reference is to be closed by the caller. */
  record Found(InodeReference reference, Attributes attributes) {}
}
