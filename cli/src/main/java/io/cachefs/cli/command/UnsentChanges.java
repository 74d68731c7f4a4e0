package io.cachefs.cli.command;

import io.cachefs.cli.control.MountStatus;
import io.cachefs.cli.control.Running;
import io.cachefs.cli.option.Sizes;
import io.cachefs.cli.output.Terminal;
import io.cachefs.cli.output.WriteBackText;
import io.cachefs.fuse.Mount;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** The changes of a mount that are not at its source when it is to end. */
final class UnsentChanges {
  private UnsentChanges() {}

  /** Returns how many there are in words, or null if there are none or nobody can say. */
  static @Nullable String of(Running running, Mount mount) {
    MountStatus status = running.report(mount.mountPoint(), mount.source()).status();
    return WriteBackText.pending(status == null ? null : status.cache());
  }

  /** Sends them and returns true if none is left; says which are if not. */
  static boolean flush(CommandSpec command, Path mountPoint, @Nullable String timeout) {
    Map<String, @Nullable Object> request = new LinkedHashMap<>();
    request.put("paths", List.of(""));
    request.put("most", Flushing.LISTED);
    if (timeout != null) {
      try {
        request.put("waitNanos", Sizes.time(timeout).toNanos());
      } catch (IllegalArgumentException | ArithmeticException e) {
        throw new ParameterException(command.commandLine(), "--timeout: " + e.getMessage(), e);
      }
    }
    Terminal terminal = new Terminal(command.commandLine().getErr(), false);
    CacheClient.Answer answer;
    try {
      answer =
          CacheClient.hearing(soFar -> terminal.show(WriteBackText.progress(soFar)))
              .ask(mountPoint, "flush", request);
    } finally {
      terminal.clear();
    }
    if (!Boolean.TRUE.equals(answer.details().get(WriteBackRequests.WRITES_BACK))) {
      // Nothing ever waits there.
      return true;
    }
    Flushing flushed = Flushing.of(List.of(answer));
    if (!flushed.isDone()) {
      WriteBackText.left(
          command.commandLine().getErr(), flushed.left(), flushed.end(), flushed.changes());
    }
    return flushed.isDone();
  }
}
