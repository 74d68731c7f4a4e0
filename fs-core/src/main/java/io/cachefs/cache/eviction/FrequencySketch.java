package io.cachefs.cache.eviction;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How often each of very many keys was seen lately, up to 15, in a few bits for each: a count-min
 * sketch of four rows whose counters are halved now and then, as in "TinyLFU: A Highly Efficient
 * Cache Admission Policy" (Einziger, Friedman, Manes). Thread-safe; of counts that threads add to
 * one word at the same moment, one may be lost.
 */
final class FrequencySketch {
  static final int MOST = 15;

  private static final int ROWS = 4;
  private static final int COUNTERS_OF_WORD = 16;
  private static final int MOST_KEYS = 1 << 17;

  /** With fewer, keys seen once are too often taken for others. */
  private static final int WORDS_OF_KEY = 4;

  private static final int SAMPLES_OF_KEY = 10;

  /** Takes the highest bit of each counter away when a word was shifted by one. */
  private static final long HALVED = 0x7777_7777_7777_7777L;

  private final AtomicLongArray words;
  private final int mask;
  private final int sampleSize;
  private final AtomicInteger samples = new AtomicInteger();

  /** For about so many keys; 32 bytes and more are taken for each, up to 4 MiB. */
  FrequencySketch(long keys) {
    long bounded = Math.min(Math.max(keys, 64), MOST_KEYS);
    int size = Integer.highestOneBit((int) (2 * bounded - 1)) * WORDS_OF_KEY;
    this.words = new AtomicLongArray(size);
    this.mask = size - 1;
    this.sampleSize = SAMPLES_OF_KEY * (int) bounded;
  }

  int frequency(long key) {
    int least = MOST;
    for (int row = 0; row < ROWS; row++) {
      long hash = hash(key, row);
      int shift = shift(hash, row);
      least = Math.min(least, (int) (words.get((int) hash & mask) >>> shift) & MOST);
    }
    return least;
  }

  void add(long key) {
    boolean added = false;
    for (int row = 0; row < ROWS; row++) {
      long hash = hash(key, row);
      int shift = shift(hash, row);
      int index = (int) hash & mask;
      long word = words.get(index);
      if (((word >>> shift) & MOST) < MOST) {
        added |= words.compareAndSet(index, word, word + (1L << shift));
      }
    }
    if (added && samples.incrementAndGet() == sampleSize) {
      halve();
    }
  }

  private void halve() {
    for (int i = 0; i < words.length(); i++) {
      words.updateAndGet(i, word -> (word >>> 1) & HALVED);
    }
    samples.set(sampleSize / 2);
  }

  /** Each row uses four of the sixteen counters of a word, so that rows do not share any. */
  private static int shift(long hash, int row) {
    int counter = row * (COUNTERS_OF_WORD / ROWS) + ((int) (hash >>> 62) & 3);
    return counter * 4;
  }

  private static long hash(long key, int row) {
    long mixed = (key + row * 0x9e37_79b9_7f4a_7c15L) * 0xff51_afd7_ed55_8ccdL;
    mixed = (mixed ^ (mixed >>> 32)) * 0xc4ce_b9fe_1a85_ec53L;
    return mixed ^ (mixed >>> 29);
  }
}
