package io.cachefs.cli.command;

import io.cachefs.cli.json.Json;
import io.cachefs.cli.outcome.ExitCode;
import io.cachefs.cli.output.Results;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Begins to send again. */
@Command(
    name = "online",
    description = "Send changes to the source again.",
    footer = {
      "",
      "Ends what 'cachefs offline' began. What failed before is tried again at once.",
      "",
      "Examples:",
      "  cachefs online /fast"
    })
public final class OnlineCommand extends WriteBackCommand {
  @Parameters(arity = "1..*", paramLabel = "MOUNTPOINT", description = "Where it is mounted.")
  List<String> mountPoints = new ArrayList<>();

  @Override
  public Integer call() {
    for (CacheClient.Answer answer : ask("online", mountPoints, Map.of())) {
      String line =
          format.isJson()
              ? Json.line(Map.of("mountPoint", answer.mountPoint(), "state", "online"))
              : answer.mountPoint() + " is online";
      new Results(out(), format.isJson()).line(line);
    }
    return ExitCode.DONE.number();
  }
}
