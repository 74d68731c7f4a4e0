package io.cachefs.cli.command;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Lets files be evicted again. */
@Command(
    name = "unpin",
    description = "Let each PATH, and what is below it, be evicted again.",
    footer = {"", "Example:", "  cachefs unpin /fast/models"})
public final class UnpinCommand extends PathsCommand {
  @Parameters(arity = "1..*", paramLabel = "PATH", description = "Below a mount point.")
  List<String> paths = new ArrayList<>();

  @Override
  public Integer call() {
    return run("unpin", "unpinned", paths);
  }
}
