package io.cachefs.cache.data.memory;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * Blocks in off-heap memory, by content id and number. Thread-safe.
 *
 * <p>Finding takes no lock and allocates nothing: see {@link Shard}. What does not fit is not
 * taken, so nothing here ever runs out of memory.
 */
public final class MemoryTier {
  private static final long SLAB = 1L << 20;

  /** So that each shard can hold every size and still choose what leaves. */
  private static final int MIN_SLABS = 4;

  // Given at construction, never changes.
  private final Shard[] shards;
  private final int shardShift;
  private final long limit;

  // State.
  private final AtomicLong allocated = new AtomicLong();
  private final LongAdder hits = new LongAdder();
  private final LongAdder promotions = new LongAdder();
  private final LongAdder demotions = new LongAdder();
  private final LongAdder bypasses = new LongAdder();

  /**
   * Takes nothing yet.
   *
   * @param limit the most bytes ever taken
   * @param wantedShards a power of two, or 0 to choose by {@code processors}
   */
  public MemoryTier(long limit, int wantedShards, int processors) {
    this.limit = limit;
    long slab = Math.min(SLAB, Long.highestOneBit(Math.max(1, limit / MIN_SLABS)));
    if (slab < Slab.LARGEST) {
      this.shards = new Shard[0];
      this.shardShift = 0;
      return;
    }
    int wanted = wantedShards == 0 ? processors * 4 : wantedShards;
    long possible = Math.max(1, limit / (slab * MIN_SLABS));
    int count = Integer.highestOneBit((int) Math.min(wanted, possible));
    this.shards = new Shard[count];
    this.shardShift = Long.SIZE - Integer.numberOfTrailingZeros(count);
    for (int i = 0; i < count; i++) {
      shards[i] = new Shard((int) slab, (int) (limit / count / slab), allocated, demotions, i + 1L);
    }
  }

  /** Returns whether there is any memory at all. */
  public boolean isUsed() {
    return shards.length > 0;
  }

  /**
   * Copies {@code length} bytes from {@code offset} of a block into {@code target} and moves its
   * position; or returns false, then what {@code target} has behind its position is undefined.
   */
  public boolean read(long id, long block, int offset, ByteBuffer target, int length) {
    if (shards.length == 0) {
      return false;
    }
    long hash = hash(id, block);
    if (!shard(hash).read(hash, id, block, offset, target, length)) {
      return false;
    }
    hits.increment();
    return true;
  }

  /** Takes a copy of the {@code length} bytes of {@code data} at {@code from}, if there is room. */
  public void put(long id, long block, ByteBuffer data, int from, int length) {
    if (shards.length == 0) {
      return;
    }
    long hash = hash(id, block);
    if (shard(hash).put(hash, id, block, data, from, length)) {
      promotions.increment();
    } else {
      bypasses.increment();
    }
  }

  public void remove(long id, long block) {
    if (shards.length > 0) {
      long hash = hash(id, block);
      shard(hash).remove(hash, id, block);
    }
  }

  private Shard shard(long hash) {
    // Shifting by the whole width would be no shift at all.
    return shards.length == 1 ? shards[0] : shards[(int) (hash >>> shardShift)];
  }

  static long hash(long id, long block) {
    long mixed = (id * 0x9E3779B97F4A7C15L ^ block) * 0xBF58476D1CE4E5B9L;
    mixed = (mixed ^ mixed >>> 32) * 0x94D049BB133111EBL;
    return mixed ^ mixed >>> 29;
  }

  public long hits() {
    return hits.sum();
  }

  public long promotions() {
    return promotions.sum();
  }

  public long demotions() {
    return demotions.sum();
  }

  public long bypasses() {
    return bypasses.sum();
  }

  /** Returns the bytes taken from the system. */
  public long allocatedBytes() {
    return allocated.get();
  }

  public long limitBytes() {
    return shards.length == 0 ? 0 : limit;
  }

  void checkInvariants() {
    long sum = 0;
    for (Shard shard : shards) {
      sum += shard.checkInvariants();
    }
    if (sum != allocated.get() || sum > limit) {
      throw new IllegalStateException(sum + " bytes, " + allocated + " counted, limit " + limit);
    }
  }
}
