package io.cachefs.testing.random;

import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestWatcher;

/**
 * The seed of this run. Set it with {@code -Dcachefs.seed=N} to repeat a run. As a JUnit extension
 * it prints the seed for every test that fails.
 */
public final class Seeds implements TestWatcher {
  private static final String PROPERTY = "cachefs.seed";
  private static final long SEED = Long.getLong(PROPERTY, System.nanoTime() & 0xffff_ffffL);

  /** For JUnit, which makes one instance a test class. */
  public Seeds() {}

  /** The seed of this run. */
  public static long seed() {
    return SEED;
  }

  /** A source of random numbers that depends on the seed and on what it is used for. */
  public static Random random(String purpose) {
    return new Random(SEED * 31 + purpose.hashCode());
  }

  /** What to add to a message so that the reader is able to repeat the run. */
  public static String hint() {
    return "repeat with -D" + PROPERTY + "=" + SEED;
  }

  @Override
  public void testFailed(ExtensionContext context, @Nullable Throwable cause) {
    System.err.println(context.getDisplayName() + " failed; " + hint());
  }
}
