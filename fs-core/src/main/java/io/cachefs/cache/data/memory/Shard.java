package io.cachefs.cache.data.memory;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A part of the memory tier with its own lock.
 *
 * <h2>Concurrency</h2>
 *
 * Changes take the lock. Readers take none: they walk a chain of slots from a bucket, and may be
 * led into another chain by a change, so the walk is bounded and what it misses is just a miss. A
 * slot is compared with the key and copied between two looks at its stamp, which every change makes
 * larger: bytes of another key are never taken for a hit. Memory is not given back while the tier
 * exists, so a late reader touches nothing that is gone.
 */
final class Shard {
  private static final VarHandle BUCKET = MethodHandles.arrayElementVarHandle(int[].class);
  private static final int SLOT_BITS = 8;
  private static final int WALK = 64;
  private static final int SAMPLES = 8;

  // Given at construction, never changes.
  private final int slabSize;
  private final int mask;
  private final AtomicLong allocated;
  private final LongAdder demotions;
  private final ReentrantLock lock = new ReentrantLock();

  // State.
  private final int[] buckets;
  private final AtomicReferenceArray<Slab> slabs;

  /** Puts so far: the clock by which slots age. */
  private volatile int now;

  @GuardedBy("lock")
  private int slabCount;

  @GuardedBy("lock")
  private final List<List<Integer>> slabsOf = new ArrayList<>();

  @GuardedBy("lock")
  private final List<IntStack> free = new ArrayList<>();

  @GuardedBy("lock")
  private boolean refused;

  @GuardedBy("lock")
  private final SplittableRandom random;

  Shard(int slabSize, int maxSlabs, AtomicLong allocated, LongAdder demotions, long seed) {
    this.slabSize = slabSize;
    this.allocated = allocated;
    this.demotions = demotions;
    this.slabs = new AtomicReferenceArray<>(maxSlabs);
    this.random = new SplittableRandom(seed);
    long slots = (long) maxSlabs * slabSize / Slab.LARGEST;
    this.buckets = new int[(int) Math.max(64, Long.highestOneBit(Math.min(slots, 1 << 28)) * 2)];
    this.mask = buckets.length - 1;
    for (int i = 0; i < Slab.SIZES.length; i++) {
      slabsOf.add(new ArrayList<>());
      free.add(new IntStack());
    }
  }

  boolean read(long hash, long id, long block, int offset, ByteBuffer target, int length) {
    int number = (int) BUCKET.getAcquire(buckets, (int) hash & mask);
    for (int step = 0; step < WALK && number != 0; step++) {
      Slab slab = slabs.getAcquire((number - 1) >>> SLOT_BITS);
      int slot = slotOf(number);
      if (slab == null || slot >= slab.slots) {
        return false;
      }
      Slab.Found found = slab.copy(slot, id, block, offset, target, length, now);
      if (found != Slab.Found.OTHER_KEY) {
        return found == Slab.Found.HIT;
      }
      number = slab.next(slot);
    }
    return false;
  }

  /** Takes a copy unless there is no room, or somebody else changes this shard right now. */
  boolean put(long hash, long id, long block, ByteBuffer data, int from, int length) {
    if (length > Slab.LARGEST || !lock.tryLock()) {
      return false;
    }
    try {
      freeLocked(removeLocked(hash, id, block));
      int number = takeLocked(length <= Slab.SIZES[0] ? 0 : 1);
      if (number == 0) {
        return false;
      }
      int time = now + 1;
      now = time;
      Slab slab = slab(number);
      slab.fill(slotOf(number), id, block, data, from, length, time);
      int bucket = (int) hash & mask;
      slab.next(slotOf(number), buckets[bucket]);
      BUCKET.setRelease(buckets, bucket, number);
      return true;
    } finally {
      lock.unlock();
    }
  }

  void remove(long hash, long id, long block) {
    lock.lock();
    try {
      freeLocked(removeLocked(hash, id, block));
    } finally {
      lock.unlock();
    }
  }

  /** Returns the slot that held the key, which is not in use any more but not free either, or 0. */
  @GuardedBy("lock")
  private int removeLocked(long hash, long id, long block) {
    int number = buckets[(int) hash & mask];
    while (number != 0 && !slab(number).holds(slotOf(number), id, block)) {
      number = slab(number).next(slotOf(number));
    }
    if (number != 0) {
      unlinkLocked(hash, number);
      slab(number).clear(slotOf(number));
    }
    return number;
  }

  @GuardedBy("lock")
  private void freeLocked(int number) {
    if (number != 0) {
      free.get(slab(number).sizeClass).push(number);
    }
  }

  @GuardedBy("lock")
  private void unlinkLocked(long hash, int number) {
    int following = slab(number).next(slotOf(number));
    int bucket = (int) hash & mask;
    int before = buckets[bucket];
    if (before == number) {
      BUCKET.setRelease(buckets, bucket, following);
      return;
    }
    while (slab(before).next(slotOf(before)) != number) {
      before = slab(before).next(slotOf(before));
    }
    slab(before).next(slotOf(before), following);
  }

  /**
   * Returns a slot that is not in use: a free one, one of new memory, or one that is worth least.
   */
  @GuardedBy("lock")
  private int takeLocked(int sizeClass) {
    IntStack unused = free.get(sizeClass);
    if (unused.isEmpty() && !growLocked(sizeClass)) {
      return evictLocked(sizeClass);
    }
    return unused.pop();
  }

  @GuardedBy("lock")
  private boolean growLocked(int sizeClass) {
    if (refused || slabCount == slabs.length()) {
      return false;
    }
    ByteBuffer memory;
    try {
      memory = ByteBuffer.allocateDirect(slabSize);
    } catch (OutOfMemoryError limited) {
      // The JVM was given less direct memory than this tier: it goes on with what it has.
      refused = true;
      return false;
    }
    allocated.addAndGet(slabSize);
    addLocked(slabCount++, new Slab(memory, sizeClass));
    return true;
  }

  @GuardedBy("lock")
  private void addLocked(int at, Slab slab) {
    slabs.setRelease(at, slab);
    slabsOf.get(slab.sizeClass).add(at);
    for (int slot = slab.slots - 1; slot >= 0; slot--) {
      free.get(slab.sizeClass).push(((at << SLOT_BITS) | slot) + 1);
    }
  }

  @GuardedBy("lock")
  private int evictLocked(int sizeClass) {
    List<Integer> candidates = slabsOf.get(sizeClass);
    if (candidates.isEmpty()) {
      return convertLocked(sizeClass) ? free.get(sizeClass).pop() : 0;
    }
    int worst = 0;
    long worstScore = Long.MAX_VALUE;
    for (int i = 0; i < SAMPLES; i++) {
      int at = candidates.get(random.nextInt(candidates.size()));
      Slab slab = slabs.getPlain(at);
      int slot = random.nextInt(slab.slots);
      long score = scoreLocked(slab, slot);
      if (score < worstScore) {
        worstScore = score;
        worst = ((at << SLOT_BITS) | slot) + 1;
      }
    }
    dropLocked(worst);
    return worst;
  }

  /** Returns what a slot is worth: how lately it was used, and something for how often. */
  @GuardedBy("lock")
  private long scoreLocked(Slab slab, int slot) {
    int age = now - slab.usedAt[slot];
    return -((long) age << 8) / (1 + slab.uses[slot]);
  }

  /** Gives a slab that holds another size to this one, if there is any. */
  @GuardedBy("lock")
  private boolean convertLocked(int sizeClass) {
    List<Integer> others = slabsOf.get(1 - sizeClass);
    if (others.isEmpty()) {
      return false;
    }
    int at = others.remove(random.nextInt(others.size()));
    Slab old = slabs.getPlain(at);
    for (int slot = 0; slot < old.slots; slot++) {
      if (old.isUsed(slot)) {
        dropLocked(((at << SLOT_BITS) | slot) + 1);
      }
    }
    free.get(1 - sizeClass).removeBetween(at << SLOT_BITS, (at + 1) << SLOT_BITS);
    addLocked(at, new Slab(old.memory, sizeClass));
    return true;
  }

  @GuardedBy("lock")
  private void dropLocked(int number) {
    Slab slab = slab(number);
    int slot = slotOf(number);
    unlinkLocked(MemoryTier.hash(slab.id(slot), slab.block(slot)), number);
    slab.clear(slot);
    demotions.increment();
  }

  private Slab slab(int number) {
    return slabs.getPlain((number - 1) >>> SLOT_BITS);
  }

  private static int slotOf(int number) {
    return (number - 1) & ((1 << SLOT_BITS) - 1);
  }

  /** Compares chains, free slots and slabs with each other; returns the bytes of all slabs. */
  long checkInvariants() {
    lock.lock();
    try {
      int linked = 0;
      for (int head : buckets) {
        for (int number = head; number != 0; number = slab(number).next(slotOf(number))) {
          if (!slab(number).isUsed(slotOf(number))) {
            throw new IllegalStateException("slot " + number + " is linked and not in use");
          }
          linked++;
        }
      }
      int slots = 0;
      for (int i = 0; i < slabCount; i++) {
        slots += slabs.get(i).slots;
      }
      int unused = free.get(0).size() + free.get(1).size();
      if (linked + unused != slots) {
        throw new IllegalStateException(linked + " linked, " + unused + " free of " + slots);
      }
      return (long) slabCount * slabSize;
    } finally {
      lock.unlock();
    }
  }
}
