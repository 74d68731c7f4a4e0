package io.cachefs.cli.command;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Forgets what was cached. */
@Command(
    name = "invalidate",
    description =
        "Forget what is cached of each PATH, and of what is below it; the source is asked again.",
    footer = {
      "",
      "Examples:",
      "  cachefs invalidate /fast/reports",
      "  cachefs invalidate --glob '/fast/**.csv'",
      "  cachefs invalidate --all /fast"
    })
public final class InvalidateCommand extends PathsCommand {
  @Parameters(arity = "0..*", paramLabel = "PATH", description = "Below a mount point.")
  List<String> paths = new ArrayList<>();

  @Option(
      names = "--all",
      description = "Said of a whole mount; PATH bounds it, as it does without.")
  boolean all;

  @Option(
      names = "--glob",
      paramLabel = "GLOB",
      description = "What fits, as in /fast/**.csv; may be given several times.")
  List<String> globs = new ArrayList<>();

  @Override
  public Integer call() {
    return run(
        "invalidate", "invalidated", Map.of("paths", paths, "globs", globs), Map.of("all", all));
  }
}
