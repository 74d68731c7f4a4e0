package io.cachefs.cli.command;

import io.cachefs.cli.control.ControlClient;
import io.cachefs.cli.control.Running;
import io.cachefs.cli.control.RuntimeDirectory;
import io.cachefs.cli.mounts.MountPoints;
import io.cachefs.cli.mounts.Privileges;
import io.cachefs.cli.mounts.Unmounter;
import io.cachefs.cli.option.CommonFlags;
import io.cachefs.cli.outcome.CommandFailure;
import io.cachefs.cli.outcome.ExitCode;
import io.cachefs.cli.output.Results;
import io.cachefs.fuse.Mount;
import io.cachefs.fuse.MountTable;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Unmounts. */
@Command(
    name = "umount",
    aliases = "unmount",
    description = {
      "Unmount MOUNTPOINT and wait until the process that served it has ended, or does not serve it",
      "any more if it serves other mounts too."
    },
    footer = {
      "",
      "Examples:",
      "  cachefs umount /fast",
      "  cachefs umount --flush /fast    when all changes are at the source",
      "  cachefs umount --lazy /fast     out of sight now, ended when its last user goes",
      "  cachefs umount --force /fast    when the process that serves it hangs or has died"
    })
public final class UmountCommand implements Callable<Integer> {
  private static final Duration WAIT = Duration.ofSeconds(20);
  private static final Duration STEP = Duration.ofMillis(20);
  private static final Duration WAIT_AFTER_FORCE = Duration.ofSeconds(2);

  @Spec @Nullable CommandSpec spec;

  @Parameters(paramLabel = "MOUNTPOINT", description = "Where it is mounted.")
  Path mountPoint = Path.of("");

  @Option(
      names = {"-l", "--lazy"},
      description = "Do not refuse a mount in use; it ends when its last user goes.")
  boolean lazy;

  @Option(
      names = {"-f", "--force"},
      description = "Fail all waiting requests and take the mount away, whatever its process does.")
  boolean force;

  @Option(
      names = "--flush",
      description =
          "First send all changes that wait (--mode=write-back); what cannot be sent is listed and"
              + " the mount stays.")
  boolean flush;

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      description = "With --flush, how long to wait for that (default: as long as it takes).")
  @Nullable String timeout;

  @Mixin CommonFlags common = new CommonFlags();

  @Override
  public Integer call() {
    Privileges privileges = Privileges.current();
    Mount mount =
        MountPoints.find(MountTable.read(), mountPoint)
            .orElseThrow(
                () ->
                    new CommandFailure(
                        ExitCode.NOT_MOUNTED, "no cachefs is mounted at " + mountPoint));
    Path place = mount.mountPoint();
    RuntimeDirectory runtime = RuntimeDirectory.of(privileges.uid(), System.getenv());
    Running running = new Running(runtime, new ControlClient(ControlClient.DEFAULT_LIMIT));
    ProcessHandle server = running.server(place).orElse(null);
    if (flush && !UnsentChanges.flush(command(), place, timeout)) {
      return ExitCode.NOT_SENT.number();
    }
    String pending = force ? null : UnsentChanges.of(running, mount);
    Unmounter unmounter = new Unmounter(privileges);
    if (force) {
      unmounter.abort(mount);
      awaitEnd(runtime, place, server, WAIT_AFTER_FORCE);
    } else if (lazy) {
      unmounter.detach(place);
    } else {
      unmounter.unmount(place);
      awaitEnd(runtime, place, server, WAIT);
    }
    runtime.clear(place);
    if (pending != null) {
      new Results(command().commandLine().getErr(), false)
          .line("cachefs: " + pending + " are kept in the journal and sent when it is mounted");
    }
    return ExitCode.DONE.number();
  }

  private CommandSpec command() {
    if (spec == null) {
      throw new IllegalStateException("not run by picocli");
    }
    return spec;
  }

  private void awaitEnd(
      RuntimeDirectory runtime, Path place, @Nullable ProcessHandle server, Duration limit) {
    if (server != null && !hasEnded(runtime, place, server.pid(), limit) && spec != null) {
      new Results(spec.commandLine().getErr(), false)
          .line(
              "cachefs: unmounted, but the process "
                  + server.pid()
                  + " still runs or is stopped; end it with 'kill -9 "
                  + server.pid()
                  + "'");
    }
  }

  /** Waits for the end of a process, or until it serves other mounts alone. */
  private static boolean hasEnded(RuntimeDirectory runtime, Path place, long pid, Duration limit) {
    long start = System.nanoTime();
    while (!Running.awaitEnd(pid, STEP)) {
      List<RuntimeDirectory.Socket> left = runtime.ofProcess(pid);
      boolean servesOthers =
          !left.isEmpty() && left.stream().noneMatch(each -> runtime.isOf(each, place));
      if (servesOthers) {
        return true;
      }
      if (System.nanoTime() - start >= limit.toNanos()) {
        return false;
      }
    }
    return true;
  }
}
