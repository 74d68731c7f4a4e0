package io.cachefs.writeback.queue;

/** How many operations came in each second. Owned by one thread at a time. */
final class Ages {
  private final LongMap<int[]> counts = new LongMap<>();

  /** None came before this second that is still there. */
  private int oldest;

  void add(int second) {
    int[] count = counts.get(second);
    if (count == null) {
      count = new int[1];
      counts.put(second, count);
    }
    count[0]++;
    oldest = Math.min(oldest, second);
  }

  void remove(int second) {
    int[] count = counts.get(second);
    if (count != null && --count[0] == 0) {
      counts.remove(second);
    }
  }

  /** Returns when the oldest came that is there, or now if there is none. */
  int oldest(int now) {
    while (oldest < now && counts.get(oldest) == null) {
      oldest++;
    }
    return oldest;
  }
}
