package io.cachefs.writeback.send;

import io.cachefs.base.Name;
import io.cachefs.source.Found;
import org.jspecify.annotations.Nullable;

/**
 * What the source has after a change was sent.
 *
 * @param after the file that was made or changed; null where it is of no interest. Of a change of a
 *     file, when our version was kept under another name or given up: what the source has
 * @param movedAside the name under which our version was kept, because the source's own differed
 *     from what it was based on; null if there was no conflict
 * @param given whether our change was given up in favour of the source's
 * @param conflict what differed, if anything did
 */
public record Receipt(
    @Nullable Found after, @Nullable Name movedAside, boolean given, @Nullable Conflict conflict) {

  public Receipt(@Nullable Found after, @Nullable Name movedAside, boolean given) {
    this(after, movedAside, given, null);
  }

  /** As a rule. */
  public static Receipt of(@Nullable Found after) {
    return new Receipt(after, null, false);
  }
}
