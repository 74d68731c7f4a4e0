package io.cachefs.cli.command;

import io.cachefs.cli.option.CommonFlags;
import io.cachefs.cli.option.FormatFlag;
import io.cachefs.cli.outcome.ExitCode;
import io.cachefs.cli.output.JobText;
import io.cachefs.cli.output.Terminal;
import io.cachefs.engine.admin.Job;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A command that has work done on paths below mount points. */
abstract class PathsCommand implements Callable<Integer> {
  @Spec @Nullable CommandSpec spec;
  @Mixin FormatFlag format = new FormatFlag();
  @Mixin CommonFlags common = new CommonFlags();

  CommandSpec command() {
    if (spec == null) {
      throw new IllegalStateException("not run by picocli");
    }
    return spec;
  }

  ParameterException usage(String message) {
    return new ParameterException(command().commandLine(), message);
  }

  /** Has the work done, and returns the exit code. */
  int run(
      String request,
      String verb,
      Map<String, List<String>> paths,
      Map<String, ? extends @Nullable Object> options) {
    if (paths.values().stream().allMatch(List::isEmpty)) {
      throw usage("no path is given");
    }
    PrintWriter err = command().commandLine().getErr();
    Terminal terminal = new Terminal(err, format.isJson());
    CacheClient client = new CacheClient(outcome -> terminal.show(JobText.line(verb, outcome)));
    List<CacheClient.Answer> answers = new ArrayList<>();
    paths.forEach((key, given) -> answers.addAll(client.ask(request, key, given, options)));
    terminal.clear();
    Job.Outcome outcome = sum(answers);
    JobText.print(command().commandLine().getOut(), err, format.isJson(), verb, outcome);
    return (outcome.failed() > 0 ? ExitCode.SOME_FAILED : ExitCode.DONE).number();
  }

  int run(String request, String verb, List<String> paths) {
    return run(request, verb, Map.of("paths", paths), new LinkedHashMap<>());
  }

  private static Job.Outcome sum(List<CacheClient.Answer> answers) {
    long files = 0;
    long directories = 0;
    long bytes = 0;
    long skipped = 0;
    long failed = 0;
    boolean cancelled = false;
    List<Job.Failure> failures = new ArrayList<>();
    for (CacheClient.Answer answer : answers) {
      Job.Outcome outcome = answer.outcome();
      files += outcome.files();
      directories += outcome.directories();
      bytes += outcome.bytes();
      skipped += outcome.skipped();
      failed += outcome.failed();
      cancelled |= outcome.cancelled();
      for (Job.Failure failure : outcome.failures()) {
        failures.add(
            new Job.Failure(
                answer.mountPoint().resolve(failure.path()).toString(), failure.reason()));
      }
    }
    return new Job.Outcome(files, directories, bytes, skipped, failed, failures, cancelled);
  }
}
