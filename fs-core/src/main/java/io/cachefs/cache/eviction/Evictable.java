package io.cachefs.cache.eviction;

import io.cachefs.store.ContentRecord;
import java.util.function.UnaryOperator;

/** Where content is removed. Thread-safe; called while no lock is held but that of the evictor. */
public interface Evictable {
  /**
   * Removes a content, unless it is in use, and releases what it was charged with; returns whether
   * it is gone.
   */
  boolean evict(ContentRecord content);

  /** Returns whether a content is in use, so that it cannot be evicted. */
  boolean inUse(long contentId);

  /**
   * Changes the record of a content, unless it is in use or gone; returns whether that was done.
   * What is changed is what the index has by then.
   */
  boolean update(ContentRecord content, UnaryOperator<ContentRecord> change);
}
