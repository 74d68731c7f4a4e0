package io.cachefs.cli.command;

import io.cachefs.cli.outcome.ExitCode;
import io.cachefs.cli.output.WriteBackText;
import io.cachefs.engine.admin.Job;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Lists and resolves conflicts. */
@Command(
    name = "conflicts",
    description = "List conflicts: what was changed here and, before it was sent, at the source.",
    footer = {
      "",
      "With --keep the conflicts at or below each PATH are resolved: ours puts our version in its",
      "place and removes the source's, theirs removes ours, both leaves both. Like every change",
      "it is sent to the source later. The list keeps the last 1000.",
      "",
      "Examples:",
      "  cachefs conflicts /fast",
      "  cachefs conflicts --keep ours /fast/report.txt"
    })
public final class ConflictsCommand extends WriteBackCommand {
  @Parameters(
      arity = "1..*",
      paramLabel = "MOUNTPOINT|PATH",
      description = "A mount point, or below one.")
  List<String> paths = new ArrayList<>();

  @Option(
      names = "--keep",
      paramLabel = "ours|theirs|both",
      description = "Resolve them: which version stays.")
  @Nullable String keep;

  @Override
  public Integer call() {
    if (keep != null) {
      return resolve(keep);
    }
    List<Map<String, @Nullable Object>> conflicts = new ArrayList<>();
    for (CacheClient.Answer answer : ask("conflicts", paths, Map.of())) {
      conflicts.addAll(rows(answer.mountPoint(), answer.details().get("conflicts")));
    }
    WriteBackText.conflicts(out(), format.isJson(), conflicts);
    return ExitCode.DONE.number();
  }

  private int resolve(String version) {
    if (!List.of("ours", "theirs", "both").contains(version)) {
      throw usage("--keep: '" + version + "' is not one of ours, theirs, both");
    }
    long resolved = 0;
    long failed = 0;
    List<String> failures = new ArrayList<>();
    for (CacheClient.Answer answer : ask("conflicts", paths, Map.of("keep", version))) {
      Job.Outcome outcome = answer.outcome();
      resolved += outcome.files();
      failed += outcome.failed();
      outcome
          .failures()
          .forEach(f -> failures.add(answer.mountPoint().resolve(f.path()) + ": " + f.reason()));
    }
    WriteBackText.resolved(out(), err(), format.isJson(), resolved, failures);
    return (failed > 0 ? ExitCode.SOME_FAILED : ExitCode.DONE).number();
  }
}
