package io.cachefs.cache.data;

/**
 * What was counted since the start, and a moment of what is in use.
 *
 * @param memoryHits blocks read from memory
 * @param memoryBytes of blocks in memory now
 * @param memoryLimitBytes the most there may be
 * @param promotions blocks taken into memory
 * @param demotions blocks that left memory for others; the disk keeps them
 * @param memoryBypasses blocks not taken into memory because there was no room
 * @param diskHits blocks read from blobs or from the index
 * @param diskHitBytes of those
 * @param misses blocks that a reader had to wait for
 * @param fetches reads of the origin
 * @param fetchedBytes by those
 * @param damaged blocks that did not fit their checksum, or were not there
 * @param bypassBytes read from the origin and not kept
 * @param storeFailures calls on the cache disk that failed
 * @param versionsGone contents dropped because the source had another version
 * @param contentsInUse now
 * @param verifiedBytes compared with their checksums, by readers and in the background
 */
public record DataStatus(
    long memoryHits,
    long memoryBytes,
    long memoryLimitBytes,
    long promotions,
    long demotions,
    long memoryBypasses,
    long diskHits,
    long diskHitBytes,
    long misses,
    long fetches,
    long fetchedBytes,
    long damaged,
    long bypassBytes,
    long storeFailures,
    long versionsGone,
    long contentsInUse,
    long verifiedBytes) {}
