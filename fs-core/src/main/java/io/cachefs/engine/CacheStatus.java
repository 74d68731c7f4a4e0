package io.cachefs.engine;

import io.cachefs.engine.admin.WriteBackStatus;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A moment of a cache. Counts are since it was opened.
 *
 * @param directory where it is
 * @param source how the source is, or null if its calls have no deadline
 * @param writeBack what is not at the source yet, or null if changes go there at once
 */
public record CacheStatus(
    String directory,
    Disk disk,
    Index index,
    Data data,
    Memory memory,
    Metadata metadata,
    Eviction eviction,
    Pins pins,
    @Nullable SourceState source,
    Recovery recovery,
    @Nullable WriteBackStatus writeBack) {

  /**
   * What is used of the disk.
   *
   * @param usedBytes by content
   * @param limitBytes what content may have while the index is as large as it is
   * @param wholeBytes the limit of the cache with all that is in it
   * @param files contents
   * @param freeBytes what may still be taken before the floor is reached, as far as known
   * @param freeFiles likewise
   * @param refused how often there was no room
   * @param state healthy, failing or off
   * @param lastFailure the last error of the disk, or null
   */
  public record Disk(
      long usedBytes,
      long limitBytes,
      long wholeBytes,
      long files,
      long fileLimit,
      long freeBytes,
      long freeFiles,
      long refused,
      String state,
      long writeFailures,
      long readFailures,
      @Nullable String lastFailure) {}

  /**
   * The records.
   *
   * @param usedBytes on the disk
   * @param limitBytes the most there may be
   * @param nodes files known
   * @param names known, absent ones included
   * @param damaged records
   * @param dropped changes, because it was full or broken
   * @param failure why it does not write any more, or null
   */
  public record Index(
      long usedBytes,
      long limitBytes,
      long nodes,
      long names,
      long damaged,
      long dropped,
      @Nullable String failure) {}

  /**
   * Content on the disk.
   *
   * @param hits reads answered from it
   * @param misses blocks that a reader had to wait for
   * @param hitRatio of memory and disk together, from 0 to 1; 0 if nothing was read
   * @param fetches reads of the source
   * @param bypassedBytes read from the source and not kept
   * @param damaged blocks that did not fit their checksum, and were fetched again
   * @param storeFailures calls on the disk that failed
   * @param changed contents dropped because the source had another version
   * @param inUse contents now
   * @param verifiedBytes compared with their checksums
   */
  public record Data(
      long hits,
      long hitBytes,
      long misses,
      double hitRatio,
      long fetches,
      long fetchedBytes,
      long bypassedBytes,
      long damaged,
      long storeFailures,
      long changed,
      long inUse,
      long verifiedBytes) {}

  /**
   * Content in memory.
   *
   * @param promotions blocks taken in
   * @param demotions blocks that left for others
   * @param bypasses blocks not taken in because there was no room
   */
  public record Memory(
      long hits, long usedBytes, long limitBytes, long promotions, long demotions, long bypasses) {}

  /**
   * Attributes and names in memory.
   *
   * @param hits questions answered without asking the source
   * @param misses questions that it was asked
   * @param hitRatio from 0 to 1; 0 if nothing was asked
   * @param kept names and listings
   * @param watches directories of a local source that report changes
   * @param watchesRefused those that could not be watched because there were too many
   */
  public record Metadata(
      long hits,
      long misses,
      double hitRatio,
      long kept,
      long limitBytes,
      long watches,
      long watchesRefused) {}

  /**
   * What left.
   *
   * @param evicted contents
   * @param evictedAtOnce of those, while somebody waited for room
   * @param trimmed files forgotten to keep the index small
   */
  public record Eviction(String policy, long evicted, long evictedAtOnce, long trimmed) {}

  /** What is never evicted. */
  public record Pins(long usedBytes, long limitBytes) {}

  /**
   * A source whose calls have a deadline.
   *
   * @param since when it came into this state
   * @param refused calls that failed at once because it was down
   * @param late calls that passed their deadline
   * @param inFlight calls that are under way
   * @param stuck of these, those that passed their deadline
   */
  public record SourceState(
      String state,
      Instant since,
      String reason,
      @Nullable String lastError,
      long refused,
      long late,
      long doubtful,
      long probes,
      long inFlight,
      long stuck) {}

  /**
   * What was found when it was opened.
   *
   * @param rebuilt why the records that were there could not be used, or null
   * @param counted whether it is known what is on the disk; until then nothing more is kept
   * @param orphans blobs removed because they had no record
   * @param corrected blobs that took more than was recorded
   */
  public record Recovery(@Nullable String rebuilt, boolean counted, long orphans, long corrected) {}
}
