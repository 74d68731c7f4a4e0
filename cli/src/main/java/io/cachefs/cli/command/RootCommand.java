package io.cachefs.cli.command;

import io.cachefs.cli.option.CommonFlags;
import io.cachefs.cli.option.ProgramVersion;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The program itself: does nothing but know its commands. */
@Command(
    name = "cachefs",
    description = "Mounts a directory with a cache in front of it.",
    versionProvider = ProgramVersion.class,
    subcommands = {
      MountCommand.class,
      UmountCommand.class,
      StatusCommand.class,
      WarmCommand.class,
      PinCommand.class,
      UnpinCommand.class,
      EvictCommand.class,
      InvalidateCommand.class,
      ExplainCommand.class,
      FlushCommand.class,
      DirtyCommand.class,
      ConflictsCommand.class,
      OfflineCommand.class,
      OnlineCommand.class,
      ExportCommand.class,
      FsckCommand.class,
      DoctorCommand.class,
      VersionCommand.class,
      CompletionCommand.class,
      HelpCommand.class
    },
    footer = {
      "",
      "Examples:",
      "  cachefs mount /mnt/nas /fast",
      "  cachefs status /fast",
      "  cachefs umount /fast"
    })
public final class RootCommand implements Runnable {
  @Spec @Nullable CommandSpec spec;
  @Mixin CommonFlags common = new CommonFlags();

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Print the version.")
  boolean version;

  @Override
  public void run() {
    if (spec == null) {
      throw new IllegalStateException("not run by picocli");
    }
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }
}
