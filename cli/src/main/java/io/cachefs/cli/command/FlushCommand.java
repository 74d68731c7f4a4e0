package io.cachefs.cli.command;

import io.cachefs.cli.outcome.ExitCode;
import io.cachefs.cli.output.WriteBackText;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Sends changes now. */
@Command(
    name = "flush",
    description = "Send what was changed at or below each PATH to the source, and wait for it.",
    footer = {
      "",
      "What has to be sent before is sent too. While the source is down it waits; it ends when",
      "sending was stopped by 'cachefs offline', or when all that is left fails again and again.",
      "Then what is left is listed and the exit code is 14.",
      "",
      "Examples:",
      "  cachefs flush /fast/project",
      "  cachefs flush --all --timeout=5m /fast"
    })
public final class FlushCommand extends WriteBackCommand {
  @Parameters(arity = "1..*", paramLabel = "PATH", description = "Below a mount point.")
  List<String> paths = new ArrayList<>();

  @Option(names = "--all", description = "Send all changes of the mount that PATH is in.")
  boolean all;

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      description = "How long to wait (default: as long as it takes).")
  @Nullable String timeout;

  @Override
  public Integer call() {
    Map<String, @Nullable Object> options = new LinkedHashMap<>();
    options.put("waitNanos", nanos("--timeout", timeout));
    options.put("most", Flushing.LISTED);
    options.put("whole", all);
    Flushing flushed = Flushing.of(ask("flush", paths, options));
    WriteBackText.flushed(
        out(),
        err(),
        format.isJson(),
        flushed.all(),
        flushed.left(),
        flushed.end(),
        flushed.changes());
    for (String path : flushed.missing()) {
      err().println("cachefs: " + path + ": no such file or directory");
    }
    err().flush();
    ExitCode found = flushed.missing().isEmpty() ? ExitCode.DONE : ExitCode.SOME_FAILED;
    return (flushed.isDone() ? found : ExitCode.NOT_SENT).number();
  }
}
