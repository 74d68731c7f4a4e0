package io.cachefs.cache.eviction;

import io.cachefs.base.FileKey;
import io.cachefs.store.ContentRecord;
import io.cachefs.store.Index;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * When and how often contents were used. Uses are noted in memory, count at once, and are written
 * to the index in batches. Thread-safe.
 */
public final class Usage {
  /** So many contents are noted between two batches; uses of further ones are not written. */
  static final int LIMIT = 65_536;

  private static final int MOST_USES = 255;

  private final Index index;
  private final EvictionPolicy policy;
  private final Map<Long, Touches> noted = new ConcurrentHashMap<>();
  private final AtomicLong unnoted = new AtomicLong();

  private static final class Touches {
    final AtomicLong lastMillis = new AtomicLong();
    final AtomicInteger count = new AtomicInteger();

    void add(long nowMillis) {
      lastMillis.accumulateAndGet(nowMillis, Math::max);
      count.incrementAndGet();
    }
  }

  public Usage(Index index, EvictionPolicy policy) {
    this.index = index;
    this.policy = policy;
  }

  /** Returns what stands for all versions of a file. */
  static long keyOf(FileKey file) {
    return (file.inode() * 31 + file.volume()) * 0x9e37_79b9_7f4a_7c15L + file.generation();
  }

  /** Notes that a content is used, for instance opened; contents that are not kept count too. */
  public void touched(long contentId, FileKey file, long nowMillis) {
    policy.touched(keyOf(file));
    Touches touches = noted.get(contentId);
    if (touches == null) {
      if (noted.size() >= LIMIT) {
        unnoted.incrementAndGet();
        return;
      }
      touches = noted.computeIfAbsent(contentId, id -> new Touches());
    }
    touches.add(nowMillis);
  }

  /** Returns what a policy is to know of a content, uses not yet written included. */
  Candidate candidate(ContentRecord content) {
    Touches touches = noted.get(content.id());
    long usedAtMillis = content.usedAtMillis();
    int uses = content.uses();
    if (touches != null) {
      usedAtMillis = Math.max(usedAtMillis, touches.lastMillis.get());
      uses = Math.min(MOST_USES, uses + touches.count.get());
    }
    return new Candidate(
        keyOf(content.file()),
        content.storedBytes(),
        content.fetchedAtMillis(),
        usedAtMillis,
        uses);
  }

  /** Forgets a content that is gone. */
  void gone(long contentId) {
    noted.remove(contentId);
  }

  /**
   * Writes what was noted, and returns of how many contents. Those in use are left for later: their
   * records are written by who uses them.
   */
  public int flush(Evictable evictable) {
    int written = 0;
    for (Iterator<Map.Entry<Long, Touches>> all = noted.entrySet().iterator(); all.hasNext(); ) {
      Map.Entry<Long, Touches> each = all.next();
      if (!evictable.inUse(each.getKey())) {
        @Nullable ContentRecord record = index.content(each.getKey());
        if (record != null && evictable.update(record, this::used)) {
          written++;
        }
        all.remove();
      }
    }
    return written;
  }

  private ContentRecord used(ContentRecord record) {
    Candidate now = candidate(record);
    return record.withUse(now.usedAtMillis(), now.uses());
  }

  /** Returns how many uses were not noted because there were too many. */
  public long unnoted() {
    return unnoted.get();
  }
}
