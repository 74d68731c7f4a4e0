package io.cachefs.cli.command;

import io.cachefs.cli.option.CommonFlags;
import io.cachefs.cli.output.Results;
import org.jspecify.annotations.Nullable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Prints the completion script. */
@Command(
    name = "completion",
    description = "Print a script by which bash and zsh complete the arguments of cachefs.",
    footer = {"", "Example:", "  source <(cachefs completion)"})
public final class CompletionCommand implements Runnable {
  @Spec @Nullable CommandSpec spec;
  @Mixin CommonFlags common = new CommonFlags();

  @Override
  public void run() {
    if (spec != null) {
      CommandSpec root = spec.root();
      new Results(spec.commandLine().getOut(), false)
          .line(AutoComplete.bash(root.name(), root.commandLine()));
    }
  }
}
