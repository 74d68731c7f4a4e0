package io.cachefs.writeback.send;

import java.time.Duration;

/**
 * How changes are sent.
 *
 * @param flushers threads that send
 * @param policy what is done about conflicts
 * @param host of this machine, for the names of what is kept beside the source's
 * @param cacheId of the cache, for the names of temporary files
 * @param privileged whether owners can be set
 * @param synced whether a file is synchronised at the source before it counts as sent
 * @param firstPause before a second attempt; doubles up to {@code lastPause}
 * @param lastPause between attempts
 */
public record SendSettings(
    int flushers,
    ConflictPolicy policy,
    String host,
    String cacheId,
    boolean privileged,
    boolean synced,
    Duration firstPause,
    Duration lastPause) {

  /** Returns what is good for most. */
  public static SendSettings standard(String host, String cacheId, boolean privileged) {
    return new SendSettings(
        8,
        ConflictPolicy.KEEP_BOTH,
        host,
        cacheId,
        privileged,
        false,
        Duration.ofSeconds(1),
        Duration.ofSeconds(60));
  }
}
