package io.cachefs.cli.output;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;

/** A line on standard error that shows how far something is, if somebody looks. */
public final class Terminal {
  private static final String OVER = "\r\u001b[K";

  private final PrintWriter err;
  private final boolean watched;
  private boolean shown;

  /**
   * Begins without a line.
   *
   * @param quiet never to show one
   */
  public Terminal(PrintWriter err, boolean quiet) {
    this.err = err;
    this.watched = !quiet && isTerminal();
  }

  /** Asks where standard error leads, because a console may be there for another stream. */
  private static boolean isTerminal() {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException e) {
      return false;
    }
  }

  /** Shows a line in place of the last one. */
  public void show(String line) {
    if (watched) {
      shown = true;
      err.print(OVER + line);
      err.flush();
    }
  }

  /** Takes the line away. */
  public void clear() {
    if (shown) {
      shown = false;
      err.print(OVER);
      err.flush();
    }
  }
}
