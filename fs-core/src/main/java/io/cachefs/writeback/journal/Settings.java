package io.cachefs.writeback.journal;

import java.time.Duration;

/**
 * How a journal works.
 *
 * @param segmentBytes when a new file is begun
 * @param upkeepEvery how often what was appended is committed and the oldest segment is looked at;
 *     zero: only when somebody asks for it
 */
public record Settings(int segmentBytes, Duration upkeepEvery) {
  public static final Settings DEFAULT = new Settings(64 << 20, Duration.ofSeconds(5));

  /** The same with segments of another size. */
  public Settings withSegmentBytes(int bytes) {
    return new Settings(bytes, upkeepEvery);
  }

  /** The same with another upkeep. */
  public Settings withUpkeepEvery(Duration every) {
    return new Settings(segmentBytes, every);
  }
}
