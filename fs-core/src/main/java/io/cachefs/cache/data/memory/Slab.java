package io.cachefs.cache.data.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A piece of memory cut into slots of one size, with what is known of each slot. Belongs to one
 * {@link Shard}, which says who may change it; any thread may read it by {@link #copy}.
 */
final class Slab {
  /** The sizes of slots. Blocks are no larger than the last. */
  static final int[] SIZES = {4 * 1024, 16 * 1024};

  static final int LARGEST = SIZES[SIZES.length - 1];

  private static final VarHandle STAMP = MethodHandles.arrayElementVarHandle(long[].class);
  private static final VarHandle NEXT = MethodHandles.arrayElementVarHandle(int[].class);

  final ByteBuffer memory;
  final int sizeClass;
  final int slots;

  private final int slotSize;

  /** Odd while a slot is being changed or is not in use; larger after each change. */
  private final long[] stamps;

  private final long[] ids;
  private final long[] blocks;
  private final int[] lengths;

  /** The next slot with the same bucket, as the shard numbers them; 0 for none. */
  private final int[] next;

  /** When it was read last, in puts of the shard, and how often. Races lose a count, no more. */
  final int[] usedAt;

  final int[] uses;

  Slab(ByteBuffer memory, int sizeClass) {
    this.memory = memory;
    this.sizeClass = sizeClass;
    this.slotSize = SIZES[sizeClass];
    this.slots = memory.capacity() / slotSize;
    this.stamps = new long[slots];
    this.ids = new long[slots];
    this.blocks = new long[slots];
    this.lengths = new int[slots];
    this.next = new int[slots];
    this.usedAt = new int[slots];
    this.uses = new int[slots];
    Arrays.fill(stamps, 1);
  }

  /** What {@link #copy} found. */
  enum Found {
    HIT,
    OTHER_KEY,
    CHANGED
  }

  /** Copies from a slot if it holds that key during the whole copy. */
  Found copy(int slot, long id, long block, int offset, ByteBuffer target, int length, int now) {
    long stamp = (long) STAMP.getAcquire(stamps, slot);
    if (ids[slot] != id || blocks[slot] != block) {
      return Found.OTHER_KEY;
    }
    if ((stamp & 1) != 0 || offset + length > lengths[slot]) {
      return Found.CHANGED;
    }
    int position = target.position();
    target.put(position, memory, slot * slotSize + offset, length);
    // The stamp must be read again after the copy, not before it.
    VarHandle.acquireFence();
    if ((long) STAMP.getOpaque(stamps, slot) != stamp) {
      return Found.CHANGED;
    }
    target.position(position + length);
    if (usedAt[slot] != now) {
      usedAt[slot] = now;
      uses[slot] = Math.min(255, uses[slot] + 1);
    }
    return Found.HIT;
  }

  int next(int slot) {
    return (int) NEXT.getAcquire(next, slot);
  }

  // --- Called under the lock of the shard ---

  void next(int slot, int following) {
    NEXT.setRelease(next, slot, following);
  }

  boolean holds(int slot, long id, long block) {
    return isUsed(slot) && ids[slot] == id && blocks[slot] == block;
  }

  boolean isUsed(int slot) {
    return (stamps[slot] & 1) == 0;
  }

  long id(int slot) {
    return ids[slot];
  }

  long block(int slot) {
    return blocks[slot];
  }

  /** Makes a slot that is in use unreadable. */
  void clear(int slot) {
    STAMP.setRelease(stamps, slot, stamps[slot] + 1);
    // Nothing that is written to the slot from now on may be seen before that.
    VarHandle.releaseFence();
  }

  /** Fills a slot that is not in use, and makes it readable. */
  void fill(int slot, long id, long block, ByteBuffer data, int from, int length, int now) {
    VarHandle.releaseFence();
    ids[slot] = id;
    blocks[slot] = block;
    lengths[slot] = length;
    usedAt[slot] = now;
    uses[slot] = 1;
    memory.put(slot * slotSize, data, from, length);
    STAMP.setRelease(stamps, slot, stamps[slot] + 1);
  }
}
