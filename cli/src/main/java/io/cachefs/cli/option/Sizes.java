package io.cachefs.cli.option;

/** Sizes as people write them, for commands that have one. */
public final class Sizes {
  private Sizes() {}

  /** Reads {@code 50G}; throws {@link IllegalArgumentException} with a reason. */
  public static long bytes(String text) {
    return Units.bytes(text, 0);
  }
}
