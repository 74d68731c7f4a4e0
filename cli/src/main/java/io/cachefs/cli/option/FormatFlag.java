package io.cachefs.cli.option;

import picocli.CommandLine.Option;

/** The flag that asks for JSON. */
public final class FormatFlag {
  @Option(names = "--json", description = "Print JSON for programs.")
  boolean json;

  /** Returns whether it was given. */
  public boolean isJson() {
    return json;
  }
}
