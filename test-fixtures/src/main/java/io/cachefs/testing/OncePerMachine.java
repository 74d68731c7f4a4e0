package io.cachefs.testing;

/**
 * Names the tests that are long and ask the kernel more than the JVM: {@code check --all-jdks} runs
 * them with the default Java only.
 */
public final class OncePerMachine {
  public static final String TAG = "once-per-machine";

  private OncePerMachine() {}
}
