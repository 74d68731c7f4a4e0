package io.cachefs.cache.data;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/** The fetches of one content that are on their way: no block is in two of them. Thread-safe. */
final class Flights {
  @GuardedBy("this")
  private final List<Flight> flying = new ArrayList<>(2);

  /**
   * A fetch that has the block asked for.
   *
   * @param flight what to carry out or to wait for
   * @param isMine whether the caller has to carry it out and {@linkplain Flight#end end} it
   */
  record Claim(Flight flight, boolean isMine) {}

  /**
   * Finds the fetch of a block, or begins one of it and those after it that are missing, up to
   * {@code last}. Returns null if the block is present.
   */
  synchronized @Nullable Claim claim(long block, long last, LongPredicate present) {
    Flight other = find(block);
    if (other != null) {
      return new Claim(other, false);
    }
    // Asked again under the lock: a fetch that ended before has put its blocks by now.
    if (present.test(block)) {
      return null;
    }
    long end = block;
    while (end < last && find(end + 1) == null && !present.test(end + 1)) {
      end++;
    }
    Flight mine = new Flight(block, end);
    flying.add(mine);
    return new Claim(mine, true);
  }

  @GuardedBy("this")
  private @Nullable Flight find(long block) {
    for (Flight flight : flying) {
      if (flight.touches(block)) {
        return flight;
      }
    }
    return null;
  }

  /** Returns the fetch of a block, or null. */
  synchronized @Nullable Flight at(long block) {
    return find(block);
  }

  synchronized void remove(Flight flight) {
    flying.remove(flight);
  }
}
