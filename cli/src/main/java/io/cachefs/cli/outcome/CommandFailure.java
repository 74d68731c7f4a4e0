package io.cachefs.cli.outcome;

import org.jspecify.annotations.Nullable;

/** A command that cannot do what was asked; the message is one plain sentence for the user. */
public final class CommandFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ExitCode exitCode;

  public CommandFailure(ExitCode exitCode, String message) {
    this(exitCode, message, null);
  }

  public CommandFailure(ExitCode exitCode, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.exitCode = exitCode;
  }

  /** Returns what the shell is told. */
  public ExitCode exitCode() {
    return exitCode;
  }
}
