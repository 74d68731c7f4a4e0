package io.cachefs.source.posix;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.source.FileId;
import io.cachefs.sys.Descriptor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Descriptors of directories used lately, at most so many. Thread-safe; no system call is made
 * under its lock but the closing of what is dropped, which happens after it.
 */
final class DescriptorCache {
  private final int limit;
  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock")
  private final Map<FileId, Descriptor> byFile = new LinkedHashMap<>(64, 0.75f, true);

  @GuardedBy("lock")
  private boolean closed;

  DescriptorCache(int limit) {
    this.limit = limit;
  }

  /** Returns the descriptor with one more use taken, or null. */
  @Nullable Descriptor use(FileId file) {
    lock.lock();
    try {
      Descriptor cached = byFile.get(file);
      return cached != null && cached.tryUse() ? cached : null;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Keeps {@code opened}, of which the caller holds the only use, and returns the one to use
   * instead, with a use for the caller: another thread may have been first.
   */
  Descriptor keep(FileId file, Descriptor opened) {
    Descriptor surplus;
    Descriptor kept;
    lock.lock();
    try {
      if (closed) {
        return opened;
      }
      Descriptor present = byFile.get(file);
      if (present != null && present.tryUse()) {
        kept = present;
        surplus = opened;
      } else {
        boolean open = opened.tryUse();
        assert open;
        byFile.put(file, opened);
        kept = opened;
        surplus = byFile.size() > limit ? removeEldest() : null;
      }
    } finally {
      lock.unlock();
    }
    if (surplus != null) {
      surplus.release();
    }
    return kept;
  }

  @GuardedBy("lock")
  private Descriptor removeEldest() {
    var eldest = byFile.entrySet().iterator();
    Descriptor descriptor = eldest.next().getValue();
    eldest.remove();
    return descriptor;
  }

  int size() {
    lock.lock();
    try {
      return byFile.size();
    } finally {
      lock.unlock();
    }
  }

  /** Drops all and keeps nothing from now on. */
  void close() {
    List<Descriptor> dropped;
    lock.lock();
    try {
      closed = true;
      dropped = new ArrayList<>(byFile.values());
      byFile.clear();
    } finally {
      lock.unlock();
    }
    dropped.forEach(Descriptor::release);
  }
}
