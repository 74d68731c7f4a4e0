package io.cachefs.cli.command;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Keeps files in the cache. */
@Command(
    name = "pin",
    description = "Fetch each PATH, and what is below it, and keep it in the cache for good.",
    footer = {
      "",
      "What is pinned is never evicted, also after a restart, until 'cachefs unpin'.",
      "",
      "Example:",
      "  cachefs pin /fast/models"
    })
public final class PinCommand extends PathsCommand {
  @Parameters(arity = "1..*", paramLabel = "PATH", description = "Below a mount point.")
  List<String> paths = new ArrayList<>();

  @Override
  public Integer call() {
    return run("pin", "pinned", paths);
  }
}
