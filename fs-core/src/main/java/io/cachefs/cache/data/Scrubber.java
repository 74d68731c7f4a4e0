package io.cachefs.cache.data;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.cache.data.block.Blocks;
import io.cachefs.store.BlockGroup;
import io.cachefs.store.ContentRecord;
import io.cachefs.store.StoreException;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Compares what lies in blobs with its checksums, one content after the other, so slowly that
 * nobody else is slower by it. What is damaged is dropped, and fetched again when it is asked for.
 */
final class Scrubber {
  /** A terabyte takes two days. */
  private static final long BYTES_PER_SECOND = 8L << 20;

  /** After a pause, no more than this is made up for. */
  private static final long LARGEST_STEP = 4L << 20;

  private static final int RECORDS = 16;

  // Given at construction, never changes.
  private final DataCache cache;
  private final Parts parts;

  // State.

  /** The content that is next, and the block in it. */
  @GuardedBy("this")
  private long nextId;

  @GuardedBy("this")
  private long nextBlock;

  @GuardedBy("this")
  private long checkedAtNanos;

  Scrubber(DataCache cache, Parts parts) {
    this.cache = cache;
    this.parts = parts;
    this.checkedAtNanos = parts.nanos.getAsLong();
  }

  /** Checks as much as the time since the last call allows. */
  synchronized void step() {
    long now = parts.nanos.getAsLong();
    long millis = TimeUnit.NANOSECONDS.toMillis(now - checkedAtNanos);
    long budget = Math.min(LARGEST_STEP, millis * BYTES_PER_SECOND / 1000);
    if (budget < BlockGroup.BLOCK_SIZE || parts.settings.verify() == Verification.NONE) {
      return;
    }
    checkedAtNanos = now;
    List<ContentRecord> records = parts.index.contentsFrom(nextId, RECORDS);
    if (records.isEmpty()) {
      nextId = 0;
      nextBlock = 0;
    }
    for (ContentRecord record : records) {
      if (record.id() != nextId) {
        nextBlock = 0;
      }
      nextId = record.id();
      budget -= checkLocked(record, budget);
      if (budget < BlockGroup.BLOCK_SIZE) {
        return;
      }
    }
  }

  /** Checks a part of a content from {@code nextBlock} on; returns how many bytes that were. */
  @GuardedBy("this")
  private long checkLocked(ContentRecord record, long budget) {
    long count = Blocks.count(record.version().size());
    long first = nextBlock;
    long last = Math.min(count, first + budget / BlockGroup.BLOCK_SIZE) - 1;
    nextBlock = last + 1;
    StoredContent content = first <= last ? cache.acquireToCheck(record) : null;
    if (nextBlock >= count) {
      nextId = record.id() + 1;
      nextBlock = 0;
    }
    if (content == null) {
      return 0;
    }
    try {
      boolean unused = content.scrub(first, last);
    } catch (StoreException e) {
      parts.diskFailed(e);
    } finally {
      content.close();
    }
    return Blocks.length(first, last, record.version().size());
  }
}
