package io.cachefs.cli.command;

import io.cachefs.cli.json.Json;
import io.cachefs.cli.outcome.ExitCode;
import io.cachefs.cli.output.Results;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Stops sending. */
@Command(
    name = "offline",
    description = "Send nothing to the source from now on.",
    footer = {
      "",
      "Changes are kept in the journal. What is not cached is still read from the source. It ends",
      "with 'cachefs online', and with the mount.",
      "",
      "Examples:",
      "  cachefs offline /fast"
    })
public final class OfflineCommand extends WriteBackCommand {
  @Parameters(arity = "1..*", paramLabel = "MOUNTPOINT", description = "Where it is mounted.")
  List<String> mountPoints = new ArrayList<>();

  @Override
  public Integer call() {
    for (CacheClient.Answer answer : ask("offline", mountPoints, Map.of())) {
      String line =
          format.isJson()
              ? Json.line(Map.of("mountPoint", answer.mountPoint(), "state", "offline"))
              : answer.mountPoint() + " is offline; changes are kept until 'cachefs online'";
      new Results(out(), format.isJson()).line(line);
    }
    return ExitCode.DONE.number();
  }
}
