package io.cachefs.engine.admin;

/**
 * How a cache is filled ahead of need.
 *
 * @param threads that fetch at the same time
 * @param metadataOnly whether names and attributes are enough
 * @param pin whether what is fetched is pinned first
 * @param maxBytes no file is begun when so much was read
 * @param reserveBytes no file is begun when less than this is left of the cache; 0 for no matter
 */
public record WarmOptions(
    int threads, boolean metadataOnly, boolean pin, long maxBytes, long reserveBytes) {
  /** Enough to hide the way to a server, few enough for a disk that seeks. */
  public static final int DEFAULT_THREADS = 16;

  public static final int MOST_THREADS = 256;

  public static final WarmOptions DEFAULT =
      new WarmOptions(DEFAULT_THREADS, false, false, Long.MAX_VALUE, 0);
}
