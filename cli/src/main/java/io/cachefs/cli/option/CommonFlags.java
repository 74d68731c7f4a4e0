package io.cachefs.cli.option;

import picocli.CommandLine.Option;

/** The flags of every command. */
public final class CommonFlags {
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  @Option(
      names = {"-v", "--verbose"},
      description = "Show the details of a failure.")
  boolean verbose;
}
