package io.cachefs.writeback.journal;

import java.util.List;

/**
 * What was found wrong.
 *
 * @param records that were replayed
 * @param cutBytes of records at the end that were never synced and are incomplete: not an error,
 *     but a trace of a crash
 * @param damages of what had been synced, at opening and later; at most {@value #MOST}
 */
public record Report(long records, long cutBytes, List<Damage> damages) {
  static final int MOST = 1000;

  public Report {
    damages = List.copyOf(damages);
  }
}
