package io.cachefs.cli.command;

import io.cachefs.cli.control.ControlClient;
import io.cachefs.cli.control.MountReport;
import io.cachefs.cli.control.MountReport.State;
import io.cachefs.cli.control.Running;
import io.cachefs.cli.control.RuntimeDirectory;
import io.cachefs.cli.mounts.MountPoints;
import io.cachefs.cli.mounts.Privileges;
import io.cachefs.cli.option.CommonFlags;
import io.cachefs.cli.option.FormatFlag;
import io.cachefs.cli.outcome.CommandFailure;
import io.cachefs.cli.outcome.ExitCode;
import io.cachefs.cli.output.Results;
import io.cachefs.fuse.Mount;
import io.cachefs.fuse.MountTable;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows mounts. */
@Command(
    name = "status",
    description = "Show one mount or all of them.",
    footer = {
      "",
      "With MOUNTPOINT the exit code is 7 if no cachefs is mounted there, and 8 if it does not answer.",
      "",
      "Examples:",
      "  cachefs status",
      "  cachefs status --json /fast"
    })
public final class StatusCommand implements Callable<Integer> {
  @Spec @Nullable CommandSpec spec;

  @Parameters(arity = "0..1", paramLabel = "MOUNTPOINT", description = "Where it is mounted.")
  @Nullable Path mountPoint;

  @Mixin FormatFlag format = new FormatFlag();
  @Mixin CommonFlags common = new CommonFlags();

  @Override
  public Integer call() {
    MountTable table = MountTable.read();
    List<Mount> mounts = mountPoint == null ? table.cachefsMounts() : List.of(find(table));
    RuntimeDirectory runtime = RuntimeDirectory.of(Privileges.current().uid(), System.getenv());
    Running running = new Running(runtime, new ControlClient(ControlClient.DEFAULT_LIMIT));
    List<MountReport> reports =
        mounts.stream()
            .map(mount -> running.report(mount.mountPoint(), mount.source()))
            .map(StatusCommand::refine)
            .toList();
    if (spec != null) {
      new Results(spec.commandLine().getOut(), format.isJson()).mounts(reports, Instant.now());
    }
    boolean fails =
        mountPoint != null
            && reports.stream()
                .anyMatch(r -> r.state() == State.DEAD || r.state() == State.NOT_ANSWERING);
    return (fails ? ExitCode.NOT_ANSWERING : ExitCode.DONE).number();
  }

  private Mount find(MountTable table) {
    Path wanted = mountPoint == null ? Path.of("") : mountPoint;
    return MountPoints.find(table, wanted)
        .orElseThrow(
            () -> new CommandFailure(ExitCode.NOT_MOUNTED, "no cachefs is mounted at " + wanted));
  }

  /** Without a socket of ours, the mount itself tells whether somebody serves it. */
  private static MountReport refine(MountReport report) {
    if (report.state() != State.UNKNOWN) {
      return report;
    }
    State state =
        switch (MountPoints.lifeOf(Path.of(report.mountPoint()))) {
          case ANSWERS -> State.UNKNOWN;
          case HANGS -> State.NOT_ANSWERING;
          case DEAD -> State.DEAD;
        };
    return new MountReport(report.mountPoint(), report.source(), state, 0, null);
  }
}
