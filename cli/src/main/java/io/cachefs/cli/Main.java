package io.cachefs.cli;

import io.cachefs.cli.command.RootCommand;
import io.cachefs.cli.daemon.Background;
import io.cachefs.cli.option.CacheFlags;
import io.cachefs.cli.outcome.ExitCode;
import io.cachefs.cli.outcome.FailureHandler;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import picocli.CommandLine;

/** Where the program starts. */
public final class Main {
  private Main() {}

  /** Runs one command and ends the JVM with its exit code. */
  public static void main(String[] args) {
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    int exitCode = run(out, err, args);
    if (exitCode != ExitCode.DONE.number() && Background.launcherWaits()) {
      Background.tellFailure(exitCode);
    }
    System.exit(exitCode);
  }

  /** Runs one command and returns its exit code. */
  public static int run(PrintWriter out, PrintWriter err, String... args) {
    FailureHandler handler = new FailureHandler();
    CommandLine program = new CommandLine(new RootCommand());
    CacheFlags.addTo(Objects.requireNonNull(program.getSubcommands().get("mount")));
    program.setOut(out).setErr(err);
    program.setExecutionExceptionHandler(handler).setParameterExceptionHandler(handler);
    program.setUsageHelpAutoWidth(false).setUsageHelpWidth(100);
    program.getCommandSpec().usageMessage().exitCodeListHeading("%nExit codes:%n");
    Map<String, String> codes = new LinkedHashMap<>();
    Arrays.stream(ExitCode.values())
        .forEach(code -> codes.put(Integer.toString(code.number()), code.meaning()));
    program.getCommandSpec().usageMessage().exitCodeList(codes);
    return program.execute(args);
  }
}
