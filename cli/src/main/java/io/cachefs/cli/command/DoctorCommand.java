package io.cachefs.cli.command;

import io.cachefs.cli.diagnosis.Examination;
import io.cachefs.cli.diagnosis.Finding;
import io.cachefs.cli.mounts.FuseMachine;
import io.cachefs.cli.mounts.Privileges;
import io.cachefs.cli.option.CommonFlags;
import io.cachefs.cli.option.FormatFlag;
import io.cachefs.cli.outcome.ExitCode;
import io.cachefs.cli.output.Results;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Examines the machine. */
@Command(
    name = "doctor",
    description = "Say whether a mount can work on this machine, and what to change.",
    footer = {
      "",
      "The exit code is 1 if a mount cannot work.",
      "",
      "Examples:",
      "  cachefs doctor",
      "  cachefs doctor --json"
    })
public final class DoctorCommand implements Callable<Integer> {
  @Spec @Nullable CommandSpec spec;
  @Mixin FormatFlag format = new FormatFlag();
  @Mixin CommonFlags common = new CommonFlags();

  @Override
  public Integer call() {
    List<Finding> findings =
        new Examination(Path.of("/"), Privileges.current(), FuseMachine.fusermount()).findings();
    if (spec != null) {
      new Results(spec.commandLine().getOut(), format.isJson()).findings(findings);
    }
    boolean works = findings.stream().noneMatch(f -> f.level() == Finding.Level.FAIL);
    return (works ? ExitCode.DONE : ExitCode.FAILED).number();
  }
}
