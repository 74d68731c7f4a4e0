package io.cachefs.cache.data.block;

import static io.cachefs.store.BlockGroup.BLOCKS;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.store.BlockGroup;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What is known of the blocks of one group. Thread-safe: questions take no lock, changes take this
 * object.
 */
public final class GroupState {
  private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);
  private static final int WORDS = BLOCKS / Long.SIZE;

  // State. Bits are changed under this object and read without it.

  /** In the blob, with its checksum below. */
  private final long[] present = new long[WORDS];

  /** Of those, compared with its checksum and not yet due again. */
  private final long[] checked = new long[WORDS];

  /** Of those, read from the disk at least once. */
  private final long[] touched = new long[WORDS];

  /** Of those, known to be of the version: may be told to the index. */
  @GuardedBy("this")
  private final long[] confirmed = new long[WORDS];

  /** Space was reserved for it. */
  @GuardedBy("this")
  private final long[] charged = new long[WORDS];

  @GuardedBy("this")
  private final int[] checksums = new int[BLOCKS];

  private volatile int checkedIn;

  GroupState() {}

  GroupState(@Nullable BlockGroup stored) {
    if (stored == null) {
      return;
    }
    synchronized (this) {
      for (int block = 0; block < BLOCKS; block++) {
        if (stored.isPresent(block)) {
          checksums[block] = stored.checksum(block);
          set(confirmed, block);
          set(charged, block);
          set(present, block);
        }
      }
    }
  }

  public boolean isPresent(int block) {
    return get(present, block);
  }

  /** Returns whether a block was compared with its checksum in this {@code period} or after. */
  public boolean isChecked(int block, int period) {
    return checkedIn >= period && get(checked, block);
  }

  /** Returns how many blocks from {@code from} on, up to {@code limit}, are present and checked. */
  public int checkedRun(int from, int limit, int period) {
    int block = from;
    while (block < limit && isPresent(block) && isChecked(block, period)) {
      block++;
    }
    return block - from;
  }

  /** Returns how many blocks from {@code from} on, up to {@code limit}, are present. */
  public int presentRun(int from, int limit) {
    int block = from;
    while (block < limit && isPresent(block)) {
      block++;
    }
    return block - from;
  }

  /** Notes that a block was read from the disk; returns whether that happened before. */
  public boolean touch(int block) {
    if (get(touched, block)) {
      return true;
    }
    synchronized (this) {
      set(touched, block);
    }
    return false;
  }

  /** Returns the checksum of a block, or null if it is not there (any more). */
  public synchronized @Nullable Integer checksum(int block) {
    return get(present, block) ? Integer.valueOf(checksums[block]) : null;
  }

  /** Notes that a block was compared with {@code checksum}, unless it is another one now. */
  public synchronized void check(int block, int checksum, int period) {
    if (!get(present, block) || checksums[block] != checksum) {
      return;
    }
    if (checkedIn < period) {
      Arrays.fill(checked, 0);
      checkedIn = period;
    }
    set(checked, block);
  }

  /** Adds a block that was written; returns false if it was there. */
  public synchronized boolean put(int block, int checksum) {
    if (get(present, block)) {
      return false;
    }
    checksums[block] = checksum;
    clear(checked, block);
    clear(touched, block);
    clear(confirmed, block);
    set(present, block);
    return true;
  }

  /** Notes that a block is of the version; returns whether that is new. */
  public synchronized boolean confirm(int block) {
    if (!get(present, block) || get(confirmed, block)) {
      return false;
    }
    set(confirmed, block);
    return true;
  }

  /** Removes a block; returns whether it was confirmed. */
  public synchronized boolean remove(int block) {
    boolean was = get(present, block) && get(confirmed, block);
    clear(present, block);
    clear(confirmed, block);
    clear(checked, block);
    clear(touched, block);
    return was;
  }

  /** Replaces the checksum of a block that was written again. */
  public synchronized void rewrite(int block, int checksum) {
    checksums[block] = checksum;
    set(present, block);
  }

  public synchronized boolean isCharged(int block) {
    return get(charged, block);
  }

  public synchronized void charge(int block) {
    set(charged, block);
  }

  /** Returns what the index may be told. */
  public synchronized BlockGroup confirmed() {
    BlockGroup group = new BlockGroup();
    for (int block = 0; block < BLOCKS; block++) {
      if (get(confirmed, block)) {
        group.put(block, checksums[block]);
      }
    }
    return group;
  }

  public synchronized int confirmedCount() {
    int count = 0;
    for (long word : confirmed) {
      count += Long.bitCount(word);
    }
    return count;
  }

  private static boolean get(long[] words, int block) {
    return ((long) WORD.getAcquire(words, block >>> 6) & 1L << block) != 0;
  }

  /** The caller holds the lock; readers that see the bit see what was written before. */
  private static void set(long[] words, int block) {
    WORD.setRelease(words, block >>> 6, words[block >>> 6] | 1L << block);
  }

  private static void clear(long[] words, int block) {
    WORD.setRelease(words, block >>> 6, words[block >>> 6] & ~(1L << block));
  }
}
