package io.cachefs.cache.metadata;

import java.time.InstantSource;
import java.util.function.LongSupplier;

/**
 * The two times a cache needs: one that never jumps, for what is in memory, and the wall clock, for
 * what is compared with stamps of files and must make sense after a restart.
 */
public record Clock(LongSupplier ticks, InstantSource wall) {
  /** Stands for a moment that never comes. */
  public static final long NEVER = Long.MAX_VALUE;

  /** Stands for a moment that was over always. */
  public static final long OVER = Long.MIN_VALUE;

  public long nanos() {
    return ticks.getAsLong();
  }

  public long millis() {
    return wall.millis();
  }

  /** Returns whether the moment {@code until}, of {@link #nanos}, is still to come. */
  public boolean isAhead(long until) {
    return until == NEVER || (until != OVER && until - nanos() > 0);
  }

  /** Returns how long it is until then: 0 if it is over. */
  public long left(long until) {
    if (until == NEVER || until == OVER) {
      return until == NEVER ? NEVER : 0;
    }
    return Math.max(0, until - nanos());
  }

  /** Returns the end of a lifetime that begins now. */
  public long after(long lifetime) {
    return after(lifetime, 0);
  }

  /** As {@link #after(long)}, of a lifetime that began {@code ageMillis} ago. */
  public long after(long lifetime, long ageMillis) {
    if (lifetime == NEVER) {
      return NEVER;
    }
    long left = lifetime - ageMillis * 1_000_000;
    // A wall clock that was set back says nothing about the age.
    return left <= 0 || ageMillis < 0 ? OVER : nanos() + left;
  }
}
