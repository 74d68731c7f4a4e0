package io.cachefs.writeback.queue;

import io.cachefs.base.Name;
import java.util.List;

/**
 * A change that is to be made at the source.
 *
 * <p>Of two operations the one that was added later waits for the other
 *
 * <ul>
 *   <li>if the other makes a node that this one names, as a node or as the directory of a place;
 *   <li>if both have a node, or both a place, in common;
 *   <li>if one has as a node a directory in which the other has a place;
 *   <li>if both have places in one directory, unless both are of kind {@link Kind#ADD}, or both of
 *       kind {@link Kind#REMOVE}.
 * </ul>
 *
 * @param sequence tells operations apart: that of its journal record
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
