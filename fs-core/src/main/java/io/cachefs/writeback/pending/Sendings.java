package io.cachefs.writeback.pending;

import io.cachefs.source.FileId;
import io.cachefs.source.SourceNode;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/**
 * Counts beginnings and ends of sending, so that who asked the source can tell whether the answer
 * is from before one of them. Thread-safe.
 */
final class Sendings {
  private static final int STRIPES = 4096;

  private final AtomicLong all = new AtomicLong();
  private final AtomicLongArray byFile = new AtomicLongArray(STRIPES);

  /** Returns the count for all files. */
  long count() {
    return all.get();
  }

  /** Returns the count at the last time for one file, and some others that happen to share it. */
  long count(FileId file) {
    return byFile.get(stripe(file));
  }

  /**
   * Whether what the base said of a file may be from before something of it was sent.
   *
   * @param asked what {@link #count} was before the base was asked
   */
  boolean isSince(FileId file, long asked) {
    return count(file) > asked;
  }

  private static int stripe(FileId file) {
    int hash = file.hashCode() * 0x9E3779B9;
    return (hash ^ hash >>> 16) & (STRIPES - 1);
  }

  /** Something of these begins or ends; called with their locks. Returns the new count. */
  long next(@Nullable PendingNode... nodes) {
    long now = all.incrementAndGet();
    for (PendingNode node : nodes) {
      SourceNode base = node == null ? null : node.base;
      if (base != null) {
        byFile.accumulateAndGet(stripe(base.id()), now, Math::max);
      }
    }
    return now;
  }
}
