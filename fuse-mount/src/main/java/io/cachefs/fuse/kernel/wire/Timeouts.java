package io.cachefs.fuse.kernel.wire;

import java.time.Duration;

/** How long the kernel may answer by itself, split as the protocol wants it. */
public record Timeouts(
    long attributeSeconds,
    int attributeNanos,
    long entrySeconds,
    int entryNanos,
    long negativeSeconds,
    int negativeNanos) {

  public static Timeouts of(Duration attributes, Duration entries, Duration absentEntries) {
    return new Timeouts(
        attributes.getSeconds(),
        attributes.getNano(),
        entries.getSeconds(),
        entries.getNano(),
        absentEntries.getSeconds(),
        absentEntries.getNano());
  }

  /** Returns whether names that do not exist may be remembered. */
  public boolean rememberAbsent() {
    return negativeSeconds > 0 || negativeNanos > 0;
  }
}
