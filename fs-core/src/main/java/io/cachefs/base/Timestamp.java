package io.cachefs.base;

/**
 * A point in time as file systems keep it: seconds since 1970 (may be negative) and nanoseconds.
 */
public record Timestamp(long seconds, int nanos) implements Comparable<Timestamp> {
  public static final Timestamp ZERO = new Timestamp(0, 0);

  @Override
  public int compareTo(Timestamp other) {
    int bySeconds = Long.compare(seconds, other.seconds);
    return bySeconds != 0 ? bySeconds : Integer.compare(nanos, other.nanos);
  }
}
