package io.cachefs.cli.command;

import io.cachefs.cli.option.Sizes;
import io.cachefs.engine.admin.WarmOptions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Fills the cache ahead of need. */
@Command(
    name = "warm",
    description = "Fetch each PATH, and what is below it, into the cache.",
    footer = {
      "",
      "The exit code is 12 if some paths failed.",
      "",
      "Examples:",
      "  cachefs warm /fast/project",
      "  cachefs warm --glob '/fast/**.jpg' --priority=low",
      "  find /fast/src -name *.c -print0 | cachefs warm --files-from=- -0"
    })
public final class WarmCommand extends PathsCommand {
  @Parameters(arity = "0..*", paramLabel = "PATH", description = "Below a mount point.")
  List<String> paths = new ArrayList<>();

  @Option(
      names = {"-r", "--recursive"},
      negatable = true,
      description = "Fetch what is below a directory too (default: yes).")
  @Nullable Boolean recursive;

  @Option(
      names = "--glob",
      paramLabel = "GLOB",
      description = "What fits, as in /fast/**.jpg; may be given several times.")
  List<String> globs = new ArrayList<>();

  @Option(
      names = "--files-from",
      paramLabel = "FILE",
      description = "Read paths from a file, one in each line; - is the standard input.")
  @Nullable String filesFrom;

  @Option(
      names = {"-0", "--null"},
      description = "With --files-from, a NUL and not a new line ends each path.")
  boolean nul;

  @Option(
      names = "--threads",
      paramLabel = "COUNT",
      description = "Files fetched at the same time, 1 to 256 (default: ${DEFAULT-VALUE}).")
  int threads = WarmOptions.DEFAULT_THREADS;

  @Option(names = "--metadata-only", description = "Fetch names and attributes, and no content.")
  boolean metadataOnly;

  @Option(
      names = "--priority",
      paramLabel = "LEVEL",
      description =
          "high: pin as well; normal; low: only while nothing must be evicted for it"
              + " (default: ${DEFAULT-VALUE}).")
  String priority = "normal";

  @Option(
      names = "--max-bytes",
      paramLabel = "SIZE",
      description = "Leave out what would make it more than that (default: no limit).")
  @Nullable String maxBytes;

  @Override
  public Integer call() {
    if (threads < 1 || threads > WarmOptions.MOST_THREADS) {
      throw usage("--threads: " + threads + " is not between 1 and " + WarmOptions.MOST_THREADS);
    }
    if (!List.of("high", "normal", "low").contains(priority)) {
      throw usage("--priority: '" + priority + "' is not one of high, normal, low");
    }
    Map<String, @Nullable Object> options = new LinkedHashMap<>();
    options.put("recursive", !Boolean.FALSE.equals(recursive));
    options.put("threads", (long) threads);
    options.put("metadataOnly", metadataOnly);
    options.put("priority", priority);
    if (maxBytes != null) {
      try {
        options.put("maxBytes", Sizes.bytes(maxBytes));
      } catch (IllegalArgumentException e) {
        throw usage("--max-bytes: " + e.getMessage());
      }
    }
    List<String> all = new ArrayList<>(paths);
    if (filesFrom != null) {
      all.addAll(PathList.read(filesFrom, nul));
    }
    return run("warm", "warmed", Map.of("paths", all, "globs", globs), options);
  }
}
