package io.cachefs.cli.command;

import io.cachefs.cli.option.CommonFlags;
import io.cachefs.cli.option.ProgramVersion;
import io.cachefs.cli.output.Results;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Prints the version. */
@Command(
    name = "version",
    description = "Print the version of cachefs and of Java.",
    footer = {"", "Example:", "  cachefs version"})
public final class VersionCommand implements Runnable {
  @Spec @Nullable CommandSpec spec;
  @Mixin CommonFlags common = new CommonFlags();

  @Override
  public void run() {
    if (spec != null) {
      new Results(spec.commandLine().getOut(), false)
          .line("cachefs " + ProgramVersion.text() + ", Java " + Runtime.version());
    }
  }
}
