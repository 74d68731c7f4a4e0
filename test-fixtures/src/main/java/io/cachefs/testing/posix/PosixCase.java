package io.cachefs.testing.posix;

import java.util.Set;

/**
 * One rule and the code that checks it.
 *
 * @param area the group of rules it belongs to
 * @param name unique in the suite: operation, situation and expectation
 * @param needs what must be there for the rule to be checked
 * @param body runs in an empty directory of its own
 */
public record PosixCase(String area, String name, Set<Need> needs, Body body) {
  /** The code of a case. */
  @FunctionalInterface
  public interface Body {
    /** Runs in the directory of {@code fs}; a return means that the rule holds. */
    void run(Posix fs) throws Exception;
  }
}
