package io.cachefs.cli.command;

import io.cachefs.base.FsException;
import io.cachefs.cli.outcome.CommandFailure;
import io.cachefs.cli.outcome.ExitCode;
import io.cachefs.engine.CacheUnusableException;
import io.cachefs.engine.UnsentExport;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.function.Consumer;

/** Takes a cache away from another source, after what is in it alone was saved. */
final class ReleasedCache {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss").withZone(ZoneOffset.UTC);

  private ReleasedCache() {}

  /** Returns what to do about a cache of another source, to be put behind what is wrong. */
  static String advice(Path cache) {
    return ", or take it with --force, which first copies changes in it that are not at its source"
        + " to "
        + cache
        + ".exported-TIME";
  }

  /** Empties it. */
  static void empty(Path cache, Consumer<String> warning) {
    Path target =
        cache.resolveSibling(cache.getFileName() + ".exported-" + TIME.format(Instant.now()));
    try {
      long copied = UnsentExport.release(cache, target);
      String saved =
          copied == 0
              ? "nothing in it waited to be sent"
              : copied + " changes that were not at its source are in " + target;
      warning.accept("took " + cache + " from another source; " + saved);
    } catch (CacheUnusableException e) {
      ExitCode code = e.isLocked() ? ExitCode.CACHE_LOCKED : ExitCode.CACHE_UNUSABLE;
      throw new CommandFailure(code, e.sentence(), e);
    } catch (FsException | IOException e) {
      throw new CommandFailure(
          ExitCode.CACHE_UNUSABLE,
          "cannot save what waits to be sent from " + cache + ": " + e.getMessage(),
          e);
    }
  }
}
