package io.cachefs.engine.admin;

import io.cachefs.base.Timestamp;
import io.cachefs.writeback.conflict.KeptConflict;
import io.cachefs.writeback.send.Conflict;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A conflict that nobody has resolved.
 *
 * @param path of what was changed here and at the source; of a rename the new one
 * @param keptPath where our version is, or null if it was not kept beside
 * @param from the old path of a rename, else null
 * @param what make, change, remove, link or rename
 * @param at when it was met
 * @param policy keep-both, ours or theirs
 * @param ours our version, or null if it has none
 * @param theirs what the source had, or null if it had nothing
 * @param givenUp whether our change was given up
 * @param mixed whether our version holds bytes of the source's
 */
public record ConflictEntry(
    String path,
    @Nullable String keptPath,
    @Nullable String from,
    String what,
    Instant at,
    String policy,
    @Nullable Side ours,
    @Nullable Side theirs,
    boolean givenUp,
    boolean mixed) {

  /**
   * One of two versions.
   *
   * @param size -1 if it has no content
   * @param modified null if it is not known
   * @param uid -1 if it is not known, as {@code gid}
   */
  public record Side(long size, @Nullable Instant modified, int uid, int gid) {}

  static ConflictEntry of(KeptConflict kept) {
    Conflict conflict = kept.conflict();
    return new ConflictEntry(
        conflict.path(),
        conflict.keptPath(),
        conflict.from(),
        conflict.what(),
        conflict.at(),
        conflict.policy().name().toLowerCase(Locale.ROOT).replace('_', '-'),
        side(conflict.ours()),
        side(conflict.theirs()),
        conflict.given(),
        conflict.mixed());
  }

  private static @Nullable Side side(Conflict.@Nullable Side side) {
    if (side == null) {
      return null;
    }
    Timestamp modified = side.modified();
    return new Side(
        side.size(),
        modified == null ? null : Instant.ofEpochSecond(modified.seconds(), modified.nanos()),
        side.uid(),
        side.gid());
  }
}
