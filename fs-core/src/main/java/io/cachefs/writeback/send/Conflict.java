package io.cachefs.writeback.send;

import io.cachefs.base.Attributes;
import io.cachefs.base.Name;
import io.cachefs.base.Timestamp;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A change that met something else at the source than it was based on.
 *
 * @param path of what was to be changed, for people; of a rename the new one
 * @param from the old path of a rename, else null
 * @param what which change it was
 * @param policy by which it was decided
 * @param at when it was found
 * @param ours our version, or null if it is none that has content or attributes
 * @param theirs what is at the source, or null if nothing is
 * @param movedAside the name our version has now, if it was kept under another
 * @param given whether our change was given up
 * @param mixed whether our version holds bytes of the source's present one, because only a part of
 *     the file was changed here
 */
public record Conflict(
    String path,
    @Nullable String from,
    String what,
    ConflictPolicy policy,
    Instant at,
    @Nullable Side ours,
    @Nullable Side theirs,
    @Nullable Name movedAside,
    boolean given,
    boolean mixed) {

  /**
   * One of two versions.
   *
   * @param size -1 if it has no content
   * @param modified null if it is not known
   * @param uid -1 if it is not known, as {@code gid}
   */
  public record Side(long size, @Nullable Timestamp modified, int uid, int gid) {
    static @Nullable Side of(@Nullable Attributes attributes) {
      return attributes == null
          ? null
          : new Side(
              attributes.isRegular() ? attributes.size() : -1,
              attributes.modified(),
              attributes.uid(),
              attributes.gid());
    }
  }

  /** Returns the path under which our version was kept, or null if it was not. */
  public @Nullable String keptPath() {
    if (movedAside == null) {
      return null;
    }
    int end = path.lastIndexOf('/');
    return path.substring(0, end + 1) + movedAside;
  }
}
