package io.cachefs.cli.command;

import io.cachefs.cli.outcome.ExitCode;
import io.cachefs.cli.output.WriteBackText;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Lists changes that are not at the source. */
@Command(
    name = "dirty",
    description = "List what was changed at or below each PATH and is not at the source yet.",
    footer = {
      "",
      "Each line has what is to be done there, how long it has waited, the size of the file, its",
      "path, and what kept it from being sent if something did. At most 10000 are listed.",
      "",
      "Examples:",
      "  cachefs dirty /fast",
      "  cachefs dirty --json /fast/project"
    })
public final class DirtyCommand extends WriteBackCommand {
  @Parameters(
      arity = "1..*",
      paramLabel = "MOUNTPOINT|PATH",
      description = "A mount point, or below one.")
  List<String> paths = new ArrayList<>();

  @Override
  public Integer call() {
    long all = 0;
    List<Map<String, @Nullable Object>> changes = new ArrayList<>();
    for (CacheClient.Answer answer : ask("dirty", paths, Map.of())) {
      all += answer.details().get("all") instanceof Long number ? number : 0;
      changes.addAll(rows(answer.mountPoint(), answer.details().get("entries")));
    }
    WriteBackText.dirty(out(), format.isJson(), all, changes, Instant.now());
    return ExitCode.DONE.number();
  }
}
