package io.cachefs.cli.command;

import io.cachefs.cli.option.CommonFlags;
import io.cachefs.cli.option.FormatFlag;
import io.cachefs.cli.option.Sizes;
import io.cachefs.cli.outcome.CommandFailure;
import io.cachefs.cli.outcome.ExitCode;
import io.cachefs.cli.output.Terminal;
import io.cachefs.cli.output.WriteBackText;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A command about changes that are not at the source of a mount. */
abstract class WriteBackCommand implements Callable<Integer> {
  /** In an answer: what is a path below the mount point. */
  private static final Set<String> PATHS = Set.of("path", "newPath", "keptPath", "from");

  @Spec @Nullable CommandSpec spec;
  @Mixin FormatFlag format = new FormatFlag();
  @Mixin CommonFlags common = new CommonFlags();

  CommandSpec command() {
    if (spec == null) {
      throw new IllegalStateException("not run by picocli");
    }
    return spec;
  }

  PrintWriter out() {
    return command().commandLine().getOut();
  }

  PrintWriter err() {
    return command().commandLine().getErr();
  }

  /** Has each mount do its part; fails if one of them does not write back. */
  List<CacheClient.Answer> ask(
      String request, List<String> paths, Map<String, ? extends @Nullable Object> options) {
    Terminal terminal = new Terminal(err(), format.isJson());
    CacheClient client = CacheClient.hearing(soFar -> terminal.show(WriteBackText.progress(soFar)));
    try {
      List<CacheClient.Answer> answers = client.ask(request, "paths", paths, options);
      answers.forEach(WriteBackCommand::requireWriteBack);
      return answers;
    } finally {
      terminal.clear();
    }
  }

  static void requireWriteBack(CacheClient.Answer answer) {
    if (!Boolean.TRUE.equals(answer.details().get(WriteBackRequests.WRITES_BACK))) {
      throw new CommandFailure(
          ExitCode.NOT_WRITE_BACK,
          answer.mountPoint()
              + " does not write back: every change is at its source when the call that made it"
              + " returns");
    }
  }

  /** Returns the rows of a list in an answer, with whole paths. */
  static List<Map<String, @Nullable Object>> rows(Path mountPoint, @Nullable Object list) {
    List<Map<String, @Nullable Object>> rows = new ArrayList<>();
    if (list instanceof List<?> entries) {
      for (Object entry : entries) {
        if (entry instanceof Map<?, ?> map) {
          Map<String, @Nullable Object> row = new LinkedHashMap<>();
          map.forEach(
              (key, value) -> {
                String name = String.valueOf(key);
                boolean isPath = PATHS.contains(name) && value != null;
                row.put(
                    name, isPath ? mountPoint.resolve(String.valueOf(value)).normalize() : value);
              });
          rows.add(row);
        }
      }
    }
    return rows;
  }

  ParameterException usage(String message) {
    return new ParameterException(command().commandLine(), message);
  }

  /** Reads the value of a flag that is a time. */
  @Nullable Long nanos(String flag, @Nullable String value) {
    if (value == null) {
      return null;
    }
    try {
      Duration time = Sizes.time(value);
      return time.toNanos();
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw usage(flag + ": " + e.getMessage());
    }
  }
}
