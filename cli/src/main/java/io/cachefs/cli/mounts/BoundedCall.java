package io.cachefs.cli.mounts;

import io.cachefs.cli.outcome.CommandFailure;
import io.cachefs.cli.outcome.ExitCode;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Calls that may ask a file system which does not answer. */
public final class BoundedCall {
  /** Long for a slow network, short for a person who waits. */
  public static final Duration PATIENCE = Duration.ofSeconds(5);

  private BoundedCall() {}

  /** Thrown when the call has not returned in time; its thread is left behind. */
  public static final class NoAnswer extends Exception {
    private static final long serialVersionUID = 1L;
  }

  /** Runs the call on a thread of its own and waits at most {@code patience} for it. */
  public static <T> T run(Duration patience, Callable<T> call) throws NoAnswer, Exception {
    FutureTask<T> task = new FutureTask<>(call);
    Thread thread = new Thread(task, "bounded-call");
    thread.setDaemon(true);
    thread.start();
    try {
      return task.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new NoAnswer();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Exception cause) {
        throw cause;
      }
      throw e;
    }
  }

  /** Like {@link #run}, for a path; the lack of an answer is a failure that names it. */
  public static <T> T onPath(Object path, ExitCode code, Callable<T> call) throws Exception {
    try {
      return run(PATIENCE, call);
    } catch (NoAnswer e) {
      throw new CommandFailure(
          code, path + " does not answer within " + PATIENCE.toSeconds() + " s", e);
    }
  }
}
