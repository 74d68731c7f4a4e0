package io.cachefs.cli.command;

import io.cachefs.cli.outcome.ExitCode;
import io.cachefs.cli.output.ExplainText;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Says what the cache knows of files. */
@Command(
    name = "explain",
    description = "Say what is cached of each PATH, how fresh it is, and why something is not.",
    footer = {
      "",
      "Examples:",
      "  cachefs explain /fast/report.csv",
      "  cachefs explain --json /fast/a /fast/b"
    })
public final class ExplainCommand extends PathsCommand {
  @Parameters(arity = "1..*", paramLabel = "PATH", description = "Below a mount point.")
  List<String> paths = new ArrayList<>();

  @Override
  public Integer call() {
    CacheClient client = new CacheClient(ignored -> {});
    List<Map<String, @Nullable Object>> all = new ArrayList<>();
    List<String> failures = new ArrayList<>();
    for (CacheClient.Answer answer :
        client.ask("explain", "paths", paths, Map.of("recursive", false))) {
      if (answer.details().get("paths") instanceof List<?> explained) {
        for (Object each : explained) {
          if (each instanceof Map<?, ?> one) {
            Map<String, @Nullable Object> entry = new LinkedHashMap<>();
            one.forEach((key, value) -> entry.put(String.valueOf(key), value));
            entry.put(
                "path", answer.mountPoint().resolve(String.valueOf(one.get("path"))).toString());
            all.add(entry);
          }
        }
      }
      answer
          .outcome()
          .failures()
          .forEach(f -> failures.add(answer.mountPoint().resolve(f.path()) + ": " + f.reason()));
    }
    ExplainText.print(command().commandLine().getOut(), format.isJson(), all);
    for (String failure : failures) {
      command().commandLine().getErr().println("cachefs: " + failure);
    }
    command().commandLine().getErr().flush();
    return (failures.isEmpty() ? ExitCode.DONE : ExitCode.SOME_FAILED).number();
  }
}
