package io.cachefs.cli.command;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes room in the cache. */
@Command(
    name = "evict",
    description = "Remove the content of each PATH, and of what is below it, from the cache.",
    footer = {
      "",
      "Pinned files stay. The files themselves are not touched.",
      "",
      "Examples:",
      "  cachefs evict /fast/old",
      "  cachefs evict --all /fast"
    })
public final class EvictCommand extends PathsCommand {
  @Parameters(arity = "1..*", paramLabel = "PATH", description = "Below a mount point.")
  List<String> paths = new ArrayList<>();

  @Option(
      names = "--all",
      description = "Said of a whole mount; PATH bounds it, as it does without.")
  boolean all;

  @Override
  public Integer call() {
    return run("evict", "evicted", Map.of("paths", paths), Map.of("all", all));
  }
}
