package io.cachefs.cli.command;

import io.cachefs.cli.control.ControlClient;
import io.cachefs.cli.control.ControlRefusal;
import io.cachefs.cli.control.JobReport;
import io.cachefs.cli.control.RuntimeDirectory;
import io.cachefs.cli.mounts.MountedPath;
import io.cachefs.cli.mounts.Privileges;
import io.cachefs.cli.outcome.CommandFailure;
import io.cachefs.cli.outcome.ExitCode;
import io.cachefs.engine.admin.Job;
import io.cachefs.fuse.MountTable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Asks the mounts that paths lie in. Owned by one thread. */
final class CacheClient {
  private final RuntimeDirectory runtime =
      RuntimeDirectory.of(Privileges.current().uid(), System.getenv());
  private final MountTable table = MountTable.read();
  private final Consumer<Map<?, ?>> progress;

  private CacheClient(Consumer<Map<?, ?>> progress, boolean plain) {
    assert plain;
    this.progress = progress;
  }

  CacheClient(Consumer<Job.Outcome> progress) {
    this(soFar -> progress.accept(JobReport.fromJson(soFar)), true);
  }

  /** One that is told of progress as the mount says it. */
  static CacheClient hearing(Consumer<Map<?, ?>> progress) {
    return new CacheClient(progress, true);
  }

  /**
   * An answer of one mount.
   *
   * @param mountPoint where
   * @param outcome of the work
   * @param details the whole answer
   */
  record Answer(Path mountPoint, Job.Outcome outcome, Map<?, ?> details) {}

  /**
   * Asks each mount for its share of the paths, in one request.
   *
   * @param key what the paths are called in the request: paths or globs
   */
  List<Answer> ask(
      String request,
      String key,
      List<String> paths,
      Map<String, ? extends @Nullable Object> options) {
    Map<Path, List<String>> shares = new LinkedHashMap<>();
    for (String path : paths) {
      MountedPath found = MountedPath.of(table, path);
      shares
          .computeIfAbsent(found.mount().mountPoint(), ignored -> new ArrayList<>())
          .add(found.below());
    }
    List<Answer> answers = new ArrayList<>();
    shares.forEach(
        (mountPoint, share) -> {
          Map<String, @Nullable Object> fields = new LinkedHashMap<>(options);
          fields.put(key, share);
          answers.add(ask(mountPoint, request, fields));
        });
    return answers;
  }

  /** Asks one mount. */
  Answer ask(Path mountPoint, String request, Map<String, ? extends @Nullable Object> fields) {
    RuntimeDirectory.Socket socket =
        runtime
            .find(mountPoint)
            .orElseThrow(
                () ->
                    new CommandFailure(
                        ExitCode.NOT_PERMITTED,
                        mountPoint + " is served by another user's process"));
    try {
      Map<?, ?> answer =
          new ControlClient(ControlClient.PATIENT).ask(socket.path(), request, fields, progress);
      return new Answer(mountPoint, JobReport.fromJson(answer), answer);
    } catch (ControlRefusal e) {
      throw new CommandFailure(ExitCode.FAILED, mountPoint + ": " + e.getMessage(), e);
    } catch (IOException e) {
      throw new CommandFailure(
          ExitCode.NOT_ANSWERING,
          "the process "
              + socket.pid()
              + " that serves "
              + mountPoint
              + " does not answer: "
              + e.getMessage(),
          e);
    }
  }
}
