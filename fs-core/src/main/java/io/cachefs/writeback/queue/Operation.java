package io.cachefs.writeback.queue;

import io.cachefs.base.Name;
import java.util.List;

/**
 * A change that is to be made at the source.
 *
 * @param sequence tells operations apart and orders them: that of its journal record
 * @param makes the node it makes at the source, or 0
 * @param nodes the nodes that must be at the source before, and whose earlier operations must be;
 *     directories in whose names it works are in {@code places} instead
 * @param places the names it works on
 */
public record Operation(
    long sequence, Kind kind, long makes, List<Long> nodes, List<Place> places) {

  /** A name in a directory; {@code name} null-free, the directory by its node's number. */
  public record Place(long directory, Name name) {}
}
