package io.cachefs.cache.eviction;

/** Says which content is worth least. Thread-safe. */
public interface EvictionPolicy {
  /** Returns how much is gained by evicting the content: what scores highest leaves first. */
  double score(Candidate content, long nowMillis);

  /** Notes that something is used, whether it is kept or not. */
  default void touched(long key) {}

  /** Returns whether the content leaves even if there is room. */
  default boolean isExpired(Candidate content, long nowMillis) {
    return false;
  }

  /** Returns whether what was fetched first always leaves first. */
  default boolean isOldestFirst() {
    return false;
  }
}
