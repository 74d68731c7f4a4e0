package io.cachefs.testing.posix;

/** Something to run that may fail in any way. */
@FunctionalInterface
public interface Work {
  /** Runs it. */
  void run() throws Exception;
}
