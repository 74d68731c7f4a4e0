package io.cachefs.store.blob;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.sys.Descriptor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Descriptors of blobs used lately, at most so many; those in use by somebody come on top.
 * Thread-safe; no system call is made under its lock.
 *
 * <p>Opening and removing a blob are not one step with what is noted here. So that a descriptor of
 * a removed blob is not kept, whoever opens takes a stamp before, and keeping is refused if a blob
 * of the same shard was removed since.
 */
final class OpenBlobs {
  private final int limit;
  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock")
  private final Map<Long, Descriptor> byId = new LinkedHashMap<>(64, 0.75f, true);

  /** How often something was removed from each shard. */
  @GuardedBy("lock")
  private final int[] removals = new int[BlobNames.SHARDS];

  @GuardedBy("lock")
  private boolean closed;

  OpenBlobs(int limit) {
    this.limit = limit;
  }

  /** Returns a descriptor with one more use taken, or null. */
  @Nullable Descriptor use(long id) {
    lock.lock();
    try {
      Descriptor known = byId.get(id);
      return known != null && known.tryUse() ? known : null;
    } finally {
      lock.unlock();
    }
  }

  /** Returns what {@link #keep} wants to know. */
  int stamp(int shard) {
    lock.lock();
    try {
      return removals[shard];
    } finally {
      lock.unlock();
    }
  }

  /** Keeps a descriptor, of which the caller holds a use, unless the stamp is an old one. */
  void keep(long id, Descriptor opened, int shard, int stamp) {
    Descriptor surplus = null;
    lock.lock();
    try {
      if (!closed && removals[shard] == stamp && !byId.containsKey(id)) {
        boolean open = opened.tryUse();
        assert open;
        byId.put(id, opened);
        surplus = byId.size() > limit ? removeEldest() : null;
      }
    } finally {
      lock.unlock();
    }
    if (surplus != null) {
      surplus.release();
    }
  }

  @GuardedBy("lock")
  private Descriptor removeEldest() {
    var eldest = byId.entrySet().iterator();
    Descriptor descriptor = eldest.next().getValue();
    eldest.remove();
    return descriptor;
  }

  /** Forgets a blob after its file was removed. */
  void removed(long id, int shard) {
    Descriptor dropped;
    lock.lock();
    try {
      removals[shard]++;
      dropped = byId.remove(id);
    } finally {
      lock.unlock();
    }
    if (dropped != null) {
      dropped.release();
    }
  }

  int size() {
    lock.lock();
    try {
      return byId.size();
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
      dropped = new ArrayList<>(byId.values());
      byId.clear();
    } finally {
      lock.unlock();
    }
    dropped.forEach(Descriptor::release);
  }
}
