package io.cachefs.cache.eviction;

import io.cachefs.store.ContentRecord;
import io.cachefs.store.Index;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Finds the content that is worth least, or nearly so, without looking at all: some are looked at
 * each time, and the worst of them are remembered. If there are few, all are looked at. Owned by
 * one thread at a time.
 */
final class Sampler {
  /** With at most so many contents the choice is exact. */
  static final int EXACT = 256;

  /** Contents with neighbouring ids were fetched together; so there are several small samples. */
  private static final int SAMPLES = 4;

  private static final int SAMPLE_SIZE = 8;

  private static final int POOL = 16;

  /** After so many choices it is looked up again how many contents there are, and which ids. */
  private static final int RANGE_AGE = 512;

  private final Index index;
  private final EvictionPolicy policy;
  private final Usage usage;
  private final Evictable evictable;
  private final RandomGenerator random;
  private final LongSupplier millis;

  private final List<Scored> pool = new ArrayList<>();
  private long firstId;
  private long lastId = -1;
  private int choices;

  /** Whether there were few contents when that was looked up last. */
  private boolean few;

  private record Scored(ContentRecord content, double score) {}

  private static final Comparator<Scored> WORST_FIRST =
      Comparator.comparingDouble((Scored each) -> -each.score)
          .thenComparingLong(each -> each.content.id());

  Sampler(
      Index index,
      EvictionPolicy policy,
      Usage usage,
      Evictable evictable,
      RandomGenerator random,
      LongSupplier millis) {
    this.index = index;
    this.policy = policy;
    this.usage = usage;
    this.evictable = evictable;
    this.random = random;
    this.millis = millis;
  }

  /** Returns the next to evict and does not return it again soon, or null if there is none. */
  @Nullable ContentRecord next() {
    gather();
    if (pool.isEmpty()) {
      return null;
    }
    return pool.remove(0).content;
  }

  private void gather() {
    if (policy.isOldestFirst()) {
      gatherOldest();
      return;
    }
    boolean look = choices++ % RANGE_AGE == 0;
    List<ContentRecord> all = few || look ? index.contentsFrom(0, EXACT + 1) : List.of();
    if (few || look) {
      few = all.size() <= EXACT;
    }
    if (few) {
      pool.clear();
      all.forEach(this::consider);
    } else {
      if (look || lastId < 0) {
        findRange();
      }
      refresh();
      for (int i = 0; i < SAMPLES; i++) {
        sample();
      }
    }
    trim();
  }

  /** Ids are given in the order of fetching, so the first are the oldest. */
  private void gatherOldest() {
    pool.clear();
    long from = 0;
    while (pool.isEmpty()) {
      List<ContentRecord> some = index.contentsFrom(from, SAMPLE_SIZE);
      if (some.isEmpty()) {
        return;
      }
      some.forEach(this::consider);
      from = some.get(some.size() - 1).id() + 1;
    }
    trim();
  }

  /** What was remembered may have been used, pinned or removed since. */
  private void refresh() {
    List<Scored> before = List.copyOf(pool);
    pool.clear();
    for (Scored each : before) {
      ContentRecord now = index.content(each.content.id());
      if (now != null) {
        consider(now);
      }
    }
  }

  private void sample() {
    long start = firstId + random.nextLong(Math.max(1, lastId - firstId + 1));
    List<ContentRecord> some = index.contentsFrom(start, SAMPLE_SIZE);
    if (some.size() < SAMPLE_SIZE) {
      index.contentsFrom(firstId, SAMPLE_SIZE - some.size()).forEach(this::considerOnce);
    }
    some.forEach(this::considerOnce);
  }

  private void considerOnce(ContentRecord content) {
    if (pool.stream().noneMatch(each -> each.content.id() == content.id())) {
      consider(content);
    }
  }

  private void consider(ContentRecord content) {
    boolean pinned = (content.flags() & ContentRecord.PINNED) != 0;
    if (!pinned && !evictable.inUse(content.id())) {
      Candidate candidate = usage.candidate(content);
      pool.add(new Scored(content, policy.score(candidate, millis.getAsLong())));
    }
  }

  private void trim() {
    pool.sort(WORST_FIRST);
    if (pool.size() > POOL) {
      pool.subList(POOL, pool.size()).clear();
    }
  }

  private void findRange() {
    List<ContentRecord> first = index.contentsFrom(0, 1);
    if (first.isEmpty()) {
      return;
    }
    firstId = first.get(0).id();
    // The last id: the largest from which on something is found.
    long found = firstId;
    long beyond = Long.MAX_VALUE;
    while (found + 1 < beyond) {
      long middle = found + (beyond - found) / 2;
      List<ContentRecord> next = index.contentsFrom(middle, 1);
      if (next.isEmpty()) {
        beyond = middle;
      } else {
        found = next.get(0).id();
      }
    }
    lastId = found;
  }
}
