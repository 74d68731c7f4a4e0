package io.cachefs.writeback.pending;

import java.time.Duration;

/**
 * How long changes wait.
 *
 * @param delay since the last change of a file, before it is sent
 * @param openDelay at most, while a file is open for writing
 * @param syncsAtSource whether fsync waits until the file is synced at the source, and not just
 *     here
 */
public record PendingSettings(Duration delay, Duration openDelay, boolean syncsAtSource) {
  public static final PendingSettings DEFAULT =
      new PendingSettings(Duration.ofSeconds(1), Duration.ofSeconds(30), false);
}
