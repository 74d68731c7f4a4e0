package io.cachefs.cli.command;

import io.cachefs.base.FsException;
import io.cachefs.cli.option.CommonFlags;
import io.cachefs.cli.outcome.CommandFailure;
import io.cachefs.cli.outcome.ExitCode;
import io.cachefs.cli.output.Results;
import io.cachefs.engine.CacheUnusableException;
import io.cachefs.engine.UnsentExport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Saves changes whose source will not come back. */
@Command(
    name = "export",
    description = "Copy what is in a cache and not at its source to DIR, without the source.",
    footer = {
      "",
      "CACHE_DIR must not be in use, and stays as it is. Files keep their paths below DIR; one that",
      "was changed in part, and of which the rest is at the source alone, is called NAME.partial.",
      "DIR/CACHEFS-EXPORT.txt says what each is, and what was removed or renamed.",
      "",
      "Examples:",
      "  cachefs export /var/cache/cachefs/nas-1a2b3c4d /root/saved"
    })
public final class ExportCommand implements Callable<Integer> {
  @Spec @Nullable CommandSpec spec;

  @Parameters(index = "0", paramLabel = "CACHE_DIR", description = "A cache directory.")
  Path cache = Path.of("");

  @Parameters(index = "1", paramLabel = "DIR", description = "Empty, or to be made.")
  Path directory = Path.of("");

  @Mixin CommonFlags common = new CommonFlags();

  @Override
  public Integer call() {
    if (spec == null) {
      throw new IllegalStateException("not run by picocli");
    }
    long copied = copied();
    new Results(spec.commandLine().getOut(), false)
        .line(
            copied == 0
                ? "nothing in " + cache + " waits to be sent"
                : copied + " changes are copied, see " + directory.resolve(UnsentExport.LIST));
    return ExitCode.DONE.number();
  }

  private long copied() {
    try {
      return UnsentExport.copy(cache, directory);
    } catch (CacheUnusableException e) {
      ExitCode code = e.isLocked() ? ExitCode.CACHE_LOCKED : ExitCode.CACHE_UNUSABLE;
      throw new CommandFailure(code, e.sentence(), e);
    } catch (FsException | IOException e) {
      throw new CommandFailure(
          ExitCode.FAILED, "cannot copy the changes in " + cache + ": " + e.getMessage(), e);
    }
  }
}
