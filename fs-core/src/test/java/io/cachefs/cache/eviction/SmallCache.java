package io.cachefs.cache.eviction;

import io.cachefs.base.FileKey;
import io.cachefs.base.Timestamp;
import io.cachefs.base.Version;
import io.cachefs.cache.budget.Bounds;
import io.cachefs.cache.budget.DiskHealth;
import io.cachefs.cache.budget.Ledger;
import io.cachefs.store.ContentRecord;
import io.cachefs.store.InMemoryBlobStore;
import io.cachefs.store.InMemoryIndex;
import io.cachefs.store.Index;
import java.io.Closeable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;

/**
 * A cache of contents without bytes, over the real ledger and evictor: what is looked for and not
 * there is put, if there is room. Time is one millisecond for each use. Thread-safe.
 */
final class SmallCache implements Evictable, Closeable {
  private static final Version VERSION = new Version(0, new Timestamp(0, 0), new Timestamp(0, 0));

  final Index index = new InMemoryIndex();
  final AtomicLong millis = new AtomicLong(1_000_000);
  final AtomicLong nanos = new AtomicLong();
  final Set<Long> inUse = ConcurrentHashMap.newKeySet();
  final List<Long> evicted = new ArrayList<>();
  final Ledger ledger;
  final Usage usage;
  final DiskEvictor evictor;
  private final Map<Long, Long> contentOfFile = new ConcurrentHashMap<>();

  SmallCache(EvictionPolicy policy, long bytes, long files, RandomGenerator random) {
    this.ledger =
        new Ledger(
            new Bounds(bytes, files, 0, 0, bytes / 2),
            new InMemoryBlobStore(),
            new DiskHealth(nanos::get),
            () -> 0,
            nanos::get,
            0,
            0,
            0);
    this.usage = new Usage(index, policy);
    this.evictor =
        new DiskEvictor(index, ledger, policy, usage, this, bytes / 4, random, millis::get);
    // Without its thread: what it does is done in the thread of the test.
    ledger.setRoom(evictor);
  }

  /** Room for so many contents of one page, and bytes without end. */
  static SmallCache ofFiles(EvictionPolicy policy, long files, RandomGenerator random) {
    return new SmallCache(policy, 1L << 40, files, random);
  }

  /** Uses a file of one page; returns whether it was there. */
  boolean use(long file) {
    return use(file, Bounds.PAGE);
  }

  boolean use(long file, long bytes) {
    long now = millis.incrementAndGet();
    FileKey key = new FileKey(0, file, 0);
    Long id = contentOfFile.get(file);
    boolean hit = id != null;
    if (id == null) {
      id = index.newContentId();
      if (ledger.tryReserve(bytes, 1)) {
        index.putContent(new ContentRecord(id, key, VERSION, bytes, 0, now, now, 0));
        contentOfFile.put(file, id);
      }
    }
    usage.touched(id, key, now);
    return hit;
  }

  long idOf(long file) {
    return contentOfFile.getOrDefault(file, 0L);
  }

  boolean has(long file) {
    return contentOfFile.containsKey(file);
  }

  void setFlags(long file, int flags) {
    ContentRecord old = index.content(idOf(file));
    if (old == null) {
      throw new IllegalArgumentException("no file " + file);
    }
    index.putContent(
        new ContentRecord(
            old.id(),
            old.file(),
            old.version(),
            old.storedBytes(),
            flags,
            old.fetchedAtMillis(),
            old.usedAtMillis(),
            old.uses()));
  }

  @Override
  public synchronized boolean evict(ContentRecord content) {
    if (inUse(content.id()) || index.content(content.id()) == null) {
      return false;
    }
    index.removeContent(content.id());
    contentOfFile.remove(content.file().inode());
    evicted.add(content.file().inode());
    ledger.release(content.storedBytes(), 1);
    return true;
  }

  @Override
  public boolean inUse(long contentId) {
    return inUse.contains(contentId);
  }

  @Override
  public boolean update(ContentRecord content, UnaryOperator<ContentRecord> change) {
    ContentRecord now = index.content(content.id());
    if (now == null || inUse(content.id())) {
      return false;
    }
    index.putContent(change.apply(now));
    return true;
  }

  @Override
  public void close() {
    evictor.close();
  }
}
