package io.cachefs.cli.outcome;

import java.io.PrintWriter;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** The one place that prints a failure and turns it into an exit code. */
public final class FailureHandler
    implements IExecutionExceptionHandler, IParameterExceptionHandler {

  @Override
  public int handleParseException(ParameterException failure, String[] args) {
    CommandLine command = failure.getCommandLine();
    PrintWriter err = command.getErr();
    String name = command.getCommandSpec().qualifiedName();
    err.println("cachefs: " + oneLine(failure.getMessage()) + "; see '" + name + " --help'");
    err.flush();
    return ExitCode.USAGE.number();
  }

  @Override
  public int handleExecutionException(Exception failure, CommandLine command, ParseResult result) {
    ExitCode code = failure instanceof CommandFailure known ? known.exitCode() : ExitCode.FAILED;
    String sentence =
        failure instanceof CommandFailure
            ? oneLine(failure.getMessage())
            : "this is a bug: " + failure + "; run again with --verbose for the details";
    PrintWriter err = command.getErr();
    err.println("cachefs: " + sentence);
    if (isVerbose(result)) {
      failure.printStackTrace(err);
    }
    err.flush();
    return code.number();
  }

  private static boolean isVerbose(ParseResult result) {
    return result.expandedArgs().stream()
        .anyMatch(arg -> Arrays.asList("-v", "--verbose").contains(arg));
  }

  private static String oneLine(@Nullable String message) {
    return message == null ? "no reason given" : message.strip().replaceAll("\\s*\\R\\s*", " ");
  }
}
