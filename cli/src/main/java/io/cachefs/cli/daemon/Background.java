package io.cachefs.cli.daemon;

import io.cachefs.base.FsException;
import io.cachefs.cli.outcome.CommandFailure;
import io.cachefs.cli.outcome.ExitCode;
import io.cachefs.sys.ProcessCalls;
import java.nio.file.Path;

/**
 * The way of the serving process into the background. The launcher starts it with standard output
 * on a pipe and waits for the pipe's end; what was written by then says how the start went.
 */
public final class Background {
  /** The launcher sets it for a process that is to serve in the background. */
  private static final String VARIABLE = "CACHEFS_LAUNCHER_WAITS";

  private static final String READY = "ready";

  private Background() {}

  /** Returns whether a launcher waits for the word that this process is ready. */
  public static boolean launcherWaits() {
    return "1".equals(System.getenv(VARIABLE));
  }

  /**
   * Leaves the terminal, tells the launcher that the mount answers, and lets errors go to the log.
   * Throws when the launcher has gone, for then nobody knows of this mount.
   */
  public static void detach(Path log) {
    try {
      ProcessCalls.leaveSession();
      ProcessCalls.changeDirectory(Path.of("/"));
      ProcessCalls.redirectToNull(0);
      ProcessCalls.redirectToFile(2, log);
      tell(READY);
      // Last, because this closes the pipe and with it ends the launcher.
      ProcessCalls.redirectToNull(1);
    } catch (FsException e) {
      throw new CommandFailure(
          ExitCode.FAILED, "cannot go to the background: " + e.getMessage(), e);
    }
  }

  /** Tells the launcher that a mount answers which another process serves. */
  public static void tellReady() {
    tell(READY);
  }

  /** Tells the launcher with which exit code to end. */
  public static void tellFailure(int exitCode) {
    tell(Integer.toString(exitCode));
  }

  private static void tell(String word) {
    System.out.println(word);
    if (System.out.checkError()) {
      throw new CommandFailure(ExitCode.FAILED, "the launcher has gone before the mount was ready");
    }
  }
}
