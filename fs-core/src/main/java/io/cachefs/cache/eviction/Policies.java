package io.cachefs.cache.eviction;

import java.time.Duration;
import java.util.Locale;

/** The policies there are. */
public final class Policies {
  /** After this time without use, a use counts half. */
  private static final double HALF_LIFE_MILLIS = Duration.ofDays(1).toMillis();

  private static final double PAGE = 4096;

  private Policies() {}

  /**
   * Returns a policy by its name.
   *
   * @param name lru, lfu, fifo, ttl, hybrid or tinylfu, in any case
   * @param ttl how long content stays with ttl
   * @param contents about how many there will be; tinylfu remembers uses of so many
   */
  public static EvictionPolicy named(String name, Duration ttl, long contents) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "lru" -> lru();
      case "lfu" -> lfu();
      case "fifo" -> fifo();
      case "ttl" -> ttl(ttl);
      case "hybrid" -> hybrid();
      case "tinylfu" -> new TinyLfu(contents);
      default -> throw new IllegalArgumentException("no eviction policy is named " + name);
    };
  }

  /** What was not used for longest. */
  static EvictionPolicy lru() {
    return (content, now) -> age(content, now);
  }

  /** What was used least often; uses long ago count less. */
  static EvictionPolicy lfu() {
    return (content, now) ->
        -(content.uses() + 1) * Math.exp(-age(content, now) / HALF_LIFE_MILLIS * Math.log(2));
  }

  /** What was fetched first. */
  static EvictionPolicy fifo() {
    return new OldestFirst(Long.MAX_VALUE);
  }

  /** What was fetched first, and in any case what was fetched so long ago. */
  static EvictionPolicy ttl(Duration ttl) {
    return new OldestFirst(ttl.toMillis());
  }

  /**
   * What was not used for long, is large, and was used seldom: what a content gains by use counts
   * as if it had been used that much later, and what it costs as if that much earlier.
   */
  static EvictionPolicy hybrid() {
    return (content, now) ->
        (age(content, now) + 1)
            * (1 + Math.log(1 + content.bytes() / PAGE) / 8)
            / (1.0 + content.uses() * content.uses());
  }

  private static double age(Candidate content, long now) {
    return (double) now - content.usedAtMillis();
  }

  /** By the time at which content was fetched. */
  private record OldestFirst(long ttlMillis) implements EvictionPolicy {
    @Override
    public double score(Candidate content, long now) {
      return (double) now - content.fetchedAtMillis();
    }

    @Override
    public boolean isExpired(Candidate content, long now) {
      return now - content.fetchedAtMillis() > ttlMillis;
    }

    @Override
    public boolean isOldestFirst() {
      return true;
    }
  }
}
