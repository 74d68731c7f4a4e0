package io.cachefs.engine.admin;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Something that is not at the source yet.
 *
 * @param path below the source
 * @param newPath of a rename, else null
 * @param kind make, content, attributes, link, remove, rename or times
 * @param since when it began to wait
 * @param size of the file, or -1 if it has no content that is to be sent
 * @param trouble what kept it from being sent, or null if nothing did
 */
public record DirtyEntry(
    String path,
    @Nullable String newPath,
    String kind,
    Instant since,
    long size,
    @Nullable Trouble trouble) {

  /**
   * What went wrong when it was sent.
   *
   * @param reason of the last attempt
   * @param since when it failed first
   * @param attempts that failed
   * @param permanent whether trying again will hardly help
   */
  public record Trouble(String reason, Instant since, int attempts, boolean permanent) {}
}
