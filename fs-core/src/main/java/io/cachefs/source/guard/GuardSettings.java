package io.cachefs.source.guard;

import java.time.Duration;

/**
 * How a source that may hang is treated.
 *
 * @param deadline how long a call may take
 * @param waitsOffline whether callers wait for a source that is down, and are not told EIO
 * @param threads calls that may be under way at the same time, each on a thread of its own; stuck
 *     ones count until they come back
 * @param probeDeadline how long the source may take to answer whether it is there
 * @param firstProbe the pause after the first probe that failed; it doubles each time
 * @param longestPause the longest pause between probes
 */
public record GuardSettings(
    Duration deadline,
    boolean waitsOffline,
    int threads,
    Duration probeDeadline,
    Duration firstProbe,
    Duration longestPause) {

  /** Enough to keep a link of 20 ms busy with blocks of 16 KiB at 50 MB/s. */
  private static final int DEFAULT_THREADS = 64;

  private static final Duration LONGEST_PROBE = Duration.ofSeconds(5);

  public GuardSettings {
    if (deadline.isNegative() || deadline.isZero() || threads < 1) {
      throw new IllegalArgumentException(
          "deadline " + deadline + " and " + threads + " threads: both must be positive");
    }
  }

  /** Returns the settings with defaults for all but what a user chooses. */
  public static GuardSettings of(Duration deadline, boolean waitsOffline) {
    return new GuardSettings(
        deadline,
        waitsOffline,
        DEFAULT_THREADS,
        deadline.compareTo(LONGEST_PROBE) < 0 ? deadline : LONGEST_PROBE,
        Duration.ofMillis(200),
        Duration.ofSeconds(5));
  }

  public GuardSettings withThreads(int other) {
    return new GuardSettings(
        deadline, waitsOffline, other, probeDeadline, firstProbe, longestPause);
  }
}
