package io.cachefs.cli.config;

/** What is wrong in a configuration file, and in which line. */
public final class TomlException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int line;

  public TomlException(int line, String message) {
    super(message);
    this.line = line;
  }

  /** Returns the line, counted from 1. */
  public int line() {
    return line;
  }
}
