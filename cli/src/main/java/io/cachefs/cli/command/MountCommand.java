package io.cachefs.cli.command;

import io.cachefs.cli.control.RuntimeDirectory;
import io.cachefs.cli.daemon.Background;
import io.cachefs.cli.daemon.LogSettings;
import io.cachefs.cli.mounts.AbsentSource;
import io.cachefs.cli.mounts.CachePlace;
import io.cachefs.cli.mounts.MountChecks;
import io.cachefs.cli.mounts.MountPoints;
import io.cachefs.cli.mounts.Privileges;
import io.cachefs.cli.mounts.Unmounter;
import io.cachefs.cli.option.CacheFlags;
import io.cachefs.cli.option.CommonFlags;
import io.cachefs.cli.option.MountFlags;
import io.cachefs.cli.outcome.CommandFailure;
import io.cachefs.cli.outcome.ExitCode;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.engine.config.CacheSettings;
import io.cachefs.fuse.Mount;
import io.cachefs.fuse.MountOptions;
import io.cachefs.fuse.MountTable;
import io.cachefs.fuse.select.TransportSelector;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Mounts a directory. */
@Command(
    name = "mount",
    description = "Mount the directory SOURCE at MOUNTPOINT.",
    footer = {
      "",
      "Examples:",
      "  cachefs mount /mnt/nas /fast",
      "  cachefs mount --foreground --read-only /mnt/nas /fast",
      "  cachefs mount --cache-size=50G --consistency=ttl=1m /mnt/nas /fast",
      "  cachefs mount -o ro,cache_size=50G /mnt/nas /fast",
      "",
      "TIME is seconds or a number with ms, s, m, h or d. SIZE is bytes or a number with K, M, G or",
      "T. GLOB is compared with the path below SOURCE, or without a slash with the last name alone.",
      "The cache is /var/cache/cachefs/NAME for root, and $XDG_CACHE_HOME/cachefs/NAME",
      "(~/.cache/cachefs/NAME) for other users; NAME is made of the path of SOURCE. The file of",
      "--config has the flags as keys, as in cache-size = \"50G\" or exclude = [\"*.iso\"], and",
      "[[rule]] tables with the key glob and consistency or mode.",
      "A process that has the cache open already, with the same settings, serves further mount points",
      "of SOURCE too; it ends with the last of them.",
      "In the background the log is /var/log/cachefs/NAME.log for root, and",
      "$XDG_STATE_HOME/cachefs/NAME.log (~/.local/state/cachefs/NAME.log) for other users;",
      "NAME is the mount point with '-' for '/'."
    })
public final class MountCommand implements Callable<Integer> {
  private static final List<String> LEVELS = List.of("error", "warn", "info", "debug", "trace");

  /** A mount over a mount over a mount is as deep as mistakes go. */
  private static final int MOST_DEAD_LAYERS = 8;

  @Spec @Nullable CommandSpec spec;

  @Parameters(index = "0", paramLabel = "SOURCE", description = "The directory to serve.")
  Path source = Path.of("");

  @Parameters(index = "1", paramLabel = "MOUNTPOINT", description = "An empty directory.")
  Path mountPoint = Path.of("");

  @Option(
      names = {"-f", "--foreground"},
      description = "Serve in this process, until it is unmounted or ended by a signal.")
  boolean foreground;

  @Option(
      names = "--transport",
      paramLabel = "NAME",
      description = "auto, kernel or jnr-fuse (default: ${DEFAULT-VALUE}).")
  String transport = TransportSelector.AUTO;

  @Option(
      names = "--log-file",
      paramLabel = "FILE",
      description = "Where to log in the background (default: see below).")
  @Nullable Path logFile;

  @Option(
      names = "--log-level",
      paramLabel = "LEVEL",
      description = "error, warn, info, debug or trace (default: ${DEFAULT-VALUE}).")
  String logLevel = "warn";

  @Option(
      names = "--force",
      description =
          "Take a cache directory that is of another source. Changes in it that are not at that"
              + " source are first copied to CACHE_DIR.exported-TIME; all else in it is removed.")
  boolean force;

  @Option(names = "--end-when-ready", hidden = true)
  boolean endWhenReady;

  // mount(8) hands these to its helpers.
  @Option(
      names = {"-n", "-s"},
      hidden = true)
  boolean forMountProgram;

  @Mixin MountFlags flags = new MountFlags();
  @Mixin CommonFlags common = new CommonFlags();

  @Override
  public Integer call() {
    requireOneOf("--log-level", logLevel, LEVELS);
    requireOneOf("--transport", transport, TransportSelector.names());
    requireGiven("SOURCE", source);
    requireGiven("MOUNTPOINT", mountPoint);
    LogSettings.configure(logLevel);
    Privileges privileges = Privileges.current();
    // Bad values are reported before anything of the machine is.
    MountOptions parsed = flags.toOptions(source, privileges.isRoot(), false);
    var ignored = flags.toConfig(source);
    assert ignored != null;
    var ignoredCache = cache(source);
    assert ignoredCache == null || ignoredCache.limits() != null;

    MountChecks checks = new MountChecks(MountTable.read());
    Found found = find(checks);
    Path realSource = found.path();
    String absent = found.absent();
    RuntimeDirectory runtime = RuntimeDirectory.of(privileges.uid(), System.getenv());
    freeDeadMount(runtime, privileges);
    Path realMountPoint =
        new MountChecks(MountTable.read()).mountPoint(mountPoint, parsed.nonEmpty());
    if (absent == null) {
      checks.noOverlap(realSource, realMountPoint);
    } else {
      MountChecks.noOverlapOfNames(realSource, realMountPoint);
    }
    CacheSettings cache = cache(realSource);
    if (cache != null) {
      Path asked = absent == null ? realSource : null;
      cache = cache.at(CachePlace.checked(cache.directory(), asked, realMountPoint));
    }
    MountChecks.permission(privileges, parsed.allowOther());

    Path log = logFor(realMountPoint, privileges);
    MountOptions options = flags.toOptions(realSource, privileges.isRoot(), cache != null);
    MountSession session =
        new MountSession(
            config(realSource, options).withCache(cache).withAbsent(absent),
            realMountPoint,
            options,
            transport,
            runtime,
            endWhenReady,
            force,
            this::warn);
    session.run(
        () -> {
          if (endWhenReady) {
            session.end();
          } else if (log != null) {
            Background.detach(log);
          } else {
            say(realSource + " is mounted at " + realMountPoint);
          }
        },
        pid -> {
          if (log != null) {
            Background.tellReady();
          } else {
            String line = realSource + " is mounted at " + realMountPoint + " by process " + pid;
            JoinedMount.await(runtime, pid, realMountPoint, () -> say(line));
          }
        });
    return ExitCode.DONE.number();
  }

  private void say(String line) {
    command().commandLine().getOut().println(line);
    command().commandLine().getOut().flush();
  }

  /** Where the file system says how long names are right, it says so of listings too. */
  private CacheFsConfig config(Path realSource, MountOptions options) {
    CacheFsConfig config = flags.toConfig(realSource);
    Duration timeout = options.entryTimeout();
    return timeout.equals(MountOptions.UNLIMITED) ? config : config.withListingLifetime(timeout);
  }

  private @Nullable CacheSettings cache(Path ofSource) {
    Path standard =
        CachePlace.standard(
            ofSource.toAbsolutePath().normalize(), Privileges.current().isRoot(), System.getenv());
    return CacheFlags.settings(command(), flags.cacheOptions(), standard);
  }

  private @Nullable Path logFor(Path realMountPoint, Privileges privileges) {
    if (foreground || endWhenReady) {
      return null;
    }
    if (!Background.launcherWaits()) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "a mount in the background is started by the program 'cachefs' alone; use --foreground");
    }
    Path log =
        logFile == null
            ? LogSettings.defaultFile(realMountPoint, privileges.isRoot(), System.getenv())
            : logFile.toAbsolutePath();
    LogSettings.prepare(log, realMountPoint);
    return log;
  }

  /**
   * A server that was killed leaves its mount behind, which fails every access until it is freed.
   */
  private void freeDeadMount(RuntimeDirectory runtime, Privileges privileges) {
    for (int layer = 0; layer < MOST_DEAD_LAYERS; layer++) {
      Mount own = MountPoints.find(MountTable.read(), mountPoint).orElse(null);
      if (own == null) {
        return;
      }
      switch (MountPoints.lifeOf(own.mountPoint())) {
        case ANSWERS -> throw MountChecks.alreadyMounted(own.mountPoint());
        case HANGS ->
            throw new CommandFailure(
                ExitCode.NOT_ANSWERING,
                "a cachefs is mounted at "
                    + own.mountPoint()
                    + " and does not answer; free it with 'cachefs umount --force "
                    + own.mountPoint()
                    + "'");
        case DEAD -> {
          new Unmounter(privileges).detach(own.mountPoint());
          runtime.clear(own.mountPoint());
          warn("freed " + own.mountPoint() + ", which a mount had left whose process has died");
        }
      }
    }
  }

  /** The real path of the source, and why it cannot be used now if only a cache knows it. */
  private record Found(Path path, @Nullable String absent) {}

  private Found find(MountChecks checks) {
    try {
      return new Found(checks.source(source), null);
    } catch (CommandFailure e) {
      return new Found(AbsentSource.known(source, e, this::cachePlace), e.getMessage());
    }
  }

  private void warn(String sentence) {
    command().commandLine().getErr().println("cachefs: " + sentence);
    command().commandLine().getErr().flush();
  }

  private @Nullable Path cachePlace(Path ofSource) {
    CacheSettings settings = cache(ofSource);
    return settings == null ? null : settings.directory();
  }

  /** An empty path would mean the working directory, which is never what a script meant. */
  private void requireGiven(String name, Path path) {
    if (path.toString().isEmpty()) {
      throw new ParameterException(command().commandLine(), name + " is empty");
    }
  }

  private void requireOneOf(String flag, String value, List<String> allowed) {
    if (!allowed.contains(value)) {
      throw new ParameterException(
          command().commandLine(),
          flag + ": '" + value + "' is not one of " + String.join(", ", allowed));
    }
  }

  private CommandSpec command() {
    if (spec == null) {
      throw new IllegalStateException("not run by picocli");
    }
    return spec;
  }
}
