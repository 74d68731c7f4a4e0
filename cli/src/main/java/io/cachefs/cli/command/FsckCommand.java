package io.cachefs.cli.command;

import io.cachefs.cli.control.CheckJson;
import io.cachefs.cli.control.ControlClient;
import io.cachefs.cli.control.ControlRefusal;
import io.cachefs.cli.control.RuntimeDirectory;
import io.cachefs.cli.mounts.MountPoints;
import io.cachefs.cli.mounts.Privileges;
import io.cachefs.cli.option.CommonFlags;
import io.cachefs.cli.option.FormatFlag;
import io.cachefs.cli.outcome.CommandFailure;
import io.cachefs.cli.outcome.ExitCode;
import io.cachefs.cli.output.CheckText;
import io.cachefs.cli.output.Terminal;
import io.cachefs.engine.check.CheckException;
import io.cachefs.engine.check.CheckJob;
import io.cachefs.engine.check.CheckReport;
import io.cachefs.engine.check.IdleCache;
import io.cachefs.fuse.Mount;
import io.cachefs.fuse.MountTable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Checks a cache. */
@Command(
    name = "fsck",
    description = "Check the cache in a directory, or that of a mount, and repair it.",
    footer = {
      "",
      "A cache in use is checked by the process that uses it, while it is used. Every record is",
      "read and every kept block compared with its checksum. What is dropped is fetched again when",
      "it is used; the source is neither needed nor changed.",
      "",
      "The exit code is 0 if nothing is wrong any more, and 13 if something is.",
      "",
      "Examples:",
      "  cachefs fsck /var/cache/cachefs/nas-1a2b3c4d",
      "  cachefs fsck --repair /fast"
    })
public final class FsckCommand implements Callable<Integer> {
  private static final long LOOK_MILLIS = 250;

  @Spec @Nullable CommandSpec spec;

  @Parameters(
      paramLabel = "CACHE_DIR|MOUNTPOINT",
      description = "A cache directory, or where its source is mounted.")
  Path place = Path.of("");

  @Option(
      names = "--repair",
      description = "Drop what is damaged and remove what nothing refers to.")
  boolean repair;

  @Mixin FormatFlag format = new FormatFlag();
  @Mixin CommonFlags common = new CommonFlags();

  @Override
  public Integer call() {
    CommandSpec command = command();
    Terminal terminal = new Terminal(command.commandLine().getErr(), format.isJson());
    CheckReport report;
    try {
      report = check(terminal);
    } finally {
      terminal.clear();
    }
    CheckText.print(command.commandLine().getOut(), format.isJson(), report);
    return (report.left() > 0 ? ExitCode.DAMAGE_FOUND : ExitCode.DONE).number();
  }

  private CheckReport check(Terminal terminal) {
    RuntimeDirectory runtime = RuntimeDirectory.of(Privileges.current().uid(), System.getenv());
    Optional<Mount> mount = MountPoints.find(MountTable.read(), place);
    if (mount.isPresent()) {
      Path at = mount.get().mountPoint();
      RuntimeDirectory.Socket socket =
          runtime
              .find(at)
              .orElseThrow(
                  () ->
                      new CommandFailure(
                          ExitCode.NOT_PERMITTED, at + " is served by another user's process"));
      return ask(socket, at.toString(), terminal);
    }
    CheckJob job = new CheckJob(repair);
    try (IdleCache cache = IdleCache.open(place, job, System::nanoTime, InstantSource.system())) {
      return checkIdle(cache, job, terminal);
    } catch (CheckException e) {
      if (!e.isLocked()) {
        throw new CommandFailure(ExitCode.CACHE_UNUSABLE, String.valueOf(e.getMessage()), e);
      }
      return runtime.ofProcess(e.pid()).stream()
          .findFirst()
          .map(socket -> ask(socket, place.toString(), terminal))
          .orElseThrow(
              () -> new CommandFailure(ExitCode.CACHE_LOCKED, String.valueOf(e.getMessage()), e));
    } catch (IOException e) {
      throw new CommandFailure(
          ExitCode.CACHE_UNUSABLE, "cannot check the cache in " + place + ": " + e.getMessage(), e);
    }
  }

  private static CheckReport checkIdle(IdleCache cache, CheckJob job, Terminal terminal)
      throws CheckException {
    Thread watcher = new Thread(() -> watch(job, terminal), "fsck-progress");
    watcher.setDaemon(true);
    watcher.start();
    try {
      cache.check(job);
    } finally {
      watcher.interrupt();
      join(watcher);
    }
    return job.report();
  }

  private static void watch(CheckJob job, Terminal terminal) {
    try {
      while (true) {
        Thread.sleep(LOOK_MILLIS);
        terminal.show(CheckText.progress(job.report()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private CheckReport ask(RuntimeDirectory.Socket socket, String what, Terminal terminal) {
    try {
      Map<?, ?> answer =
          new ControlClient(ControlClient.PATIENT)
              .ask(
                  socket.path(),
                  "fsck",
                  Map.of("repair", repair),
                  soFar -> terminal.show(CheckText.progress(CheckJson.fromJson(soFar))));
      return CheckJson.fromJson(answer);
    } catch (ControlRefusal e) {
      throw new CommandFailure(ExitCode.FAILED, what + ": " + e.getMessage(), e);
    } catch (IOException e) {
      throw new CommandFailure(
          ExitCode.NOT_ANSWERING,
          "the process " + socket.pid() + " that uses it does not answer: " + e.getMessage(),
          e);
    }
  }

  private CommandSpec command() {
    if (spec == null) {
      throw new IllegalStateException("not run by picocli");
    }
    return spec;
  }
}
