package io.cachefs.cli.daemon;

import io.cachefs.cli.outcome.ExitCode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns SIGTERM, SIGINT and SIGHUP into a clean end with exit code 0. */
public final class EndBySignal implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(EndBySignal.class);

  private final Thread hook;

  private EndBySignal(Runnable end) {
    this.hook =
        new Thread(
            () -> {
              int exitCode = ExitCode.DONE.number();
              try {
                end.run();
              } catch (RuntimeException e) {
                log.error("the end by a signal did not go well", e);
                exitCode = ExitCode.FAILED.number();
              }
              // The JVM would report the signal; for us it was a request that is now fulfilled.
              Runtime.getRuntime().halt(exitCode);
            },
            "end-by-signal");
  }

  /** Runs {@code end} when a signal asks the process to end. */
  public static EndBySignal with(Runnable end) {
    EndBySignal guard = new EndBySignal(end);
    Runtime.getRuntime().addShutdownHook(guard.hook);
    return guard;
  }

  /** Forgets about signals, for an end that came otherwise; waits if one is at work already. */
  @Override
  public void close() {
    try {
      boolean removed = Runtime.getRuntime().removeShutdownHook(hook);
      assert removed;
    } catch (IllegalStateException e) {
      log.debug("a signal was first", e);
    }
  }
}
