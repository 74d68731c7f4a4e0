package io.cachefs.cli.option;

import java.time.Duration;

/** Sizes as people write them, for commands that have one. */
public final class Sizes {
  private Sizes() {}

  /** Returns a time like {@code 90}, {@code 500ms} or {@code 5m}. */
  public static Duration time(String text) {
    return Units.duration(text);
  }

  /** Reads {@code 50G}; throws {@link IllegalArgumentException} with a reason. */
  public static long bytes(String text) {
    return Units.bytes(text, 0);
  }
}
