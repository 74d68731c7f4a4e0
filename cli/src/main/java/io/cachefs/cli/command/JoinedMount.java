package io.cachefs.cli.command;

import io.cachefs.cli.control.ControlClient;
import io.cachefs.cli.control.ControlRefusal;
import io.cachefs.cli.control.Running;
import io.cachefs.cli.control.RuntimeDirectory;
import io.cachefs.cli.daemon.EndBySignal;
import io.cachefs.cli.outcome.CommandFailure;
import io.cachefs.cli.outcome.ExitCode;
import io.cachefs.engine.CacheUnusableException;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.fuse.MountOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A mount of this command that another process serves, because it has the cache open. */
final class JoinedMount {
  private static final Logger log = LoggerFactory.getLogger(JoinedMount.class);

  private static final Duration END_LIMIT = Duration.ofSeconds(10);
  private static final Duration SOCKET_LIMIT = Duration.ofSeconds(5);
  private static final long UNKNOWN_MILLIS = 500;
  private static final long POLL_MILLIS = 50;

  private final long pid;
  private final Path socket;

  private JoinedMount(long pid, Path socket) {
    this.pid = pid;
    this.socket = socket;
  }

  /** What came of asking. */
  enum Outcome {
    MOUNTED,
    /** The process was just ending, or is not known yet: the cache is to be tried again. */
    AGAIN
  }

  /** Asks the process that holds the cache to mount. */
  static Outcome ask(
      CacheUnusableException locked,
      RuntimeDirectory runtime,
      CacheFsConfig config,
      Path mountPoint,
      MountOptions options,
      String transport) {
    CommandFailure inUse = new CommandFailure(ExitCode.CACHE_LOCKED, locked.sentence(), locked);
    if (locked.pid() == 0) {
      // It has the lock and has not said yet who it is.
      boolean ignored = pause(UNKNOWN_MILLIS);
      assert ignored || Thread.currentThread().isInterrupted();
      return Outcome.AGAIN;
    }
    RuntimeDirectory.Socket server = serverOf(locked.pid(), runtime, inUse);
    if (server == null) {
      return Outcome.AGAIN;
    }
    Map<?, ?> answer;
    try {
      answer =
          new ControlClient(ControlClient.PATIENT)
              .ask(
                  server.path(),
                  JoinRequest.NAME,
                  JoinRequest.fields(config, mountPoint, options, transport),
                  ignored -> {});
    } catch (IOException | ControlRefusal e) {
      if (Running.awaitEnd(locked.pid(), Duration.ZERO)) {
        return Outcome.AGAIN;
      }
      log.debug("the process {} was asked to mount", locked.pid(), e);
      throw inUse;
    }
    if (Boolean.TRUE.equals(answer.get(JoinRequest.MOUNTED))) {
      return Outcome.MOUNTED;
    }
    if (Boolean.TRUE.equals(answer.get(JoinRequest.ENDING))) {
      if (Running.awaitEnd(locked.pid(), END_LIMIT)) {
        return Outcome.AGAIN;
      }
      throw inUse;
    }
    boolean failed = Boolean.TRUE.equals(answer.get(JoinRequest.FAILED));
    throw new CommandFailure(
        failed ? ExitCode.FAILED : ExitCode.CACHE_LOCKED,
        String.valueOf(answer.get(JoinRequest.REASON)));
  }

  /**
   * Returns a socket of the process, or null if that has ended: one that has a cache open without a
   * socket is about to mount or about to end, or it is none that mounts.
   */
  private static RuntimeDirectory.@Nullable Socket serverOf(
      long pid, RuntimeDirectory runtime, CommandFailure inUse) {
    long start = System.nanoTime();
    while (System.nanoTime() - start < SOCKET_LIMIT.toNanos()) {
      List<RuntimeDirectory.Socket> sockets = runtime.ofProcess(pid);
      if (!sockets.isEmpty()) {
        return sockets.get(0);
      }
      if (Running.awaitEnd(pid, Duration.ofMillis(POLL_MILLIS))) {
        return null;
      }
    }
    throw inUse;
  }

  /**
   * Returns when the mount is gone; a signal ends it as it ends a mount of one's own.
   *
   * @param ready called when a signal would do so
   */
  static void await(RuntimeDirectory runtime, long pid, Path mountPoint, Runnable ready) {
    JoinedMount mount = new JoinedMount(pid, runtime.socketFor(mountPoint, pid));
    try (EndBySignal signals = EndBySignal.with(mount::end)) {
      assert signals != null;
      ready.run();
      mount.awaitEnd(Duration.ofNanos(Long.MAX_VALUE));
    }
    if (Files.exists(mount.socket)) {
      throw new CommandFailure(
          ExitCode.FAILED, "process " + pid + ", which served " + mountPoint + ", has died");
    }
  }

  private boolean awaitEnd(Duration limit) {
    long start = System.nanoTime();
    while (Files.exists(socket) && !Running.awaitEnd(pid, Duration.ZERO)) {
      if (System.nanoTime() - start >= limit.toNanos()) {
        return false;
      }
      if (!pause(POLL_MILLIS)) {
        return false;
      }
    }
    return true;
  }

  private static boolean pause(long millis) {
    try {
      Thread.sleep(millis);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void end() {
    try {
      var ignored =
          new ControlClient(ControlClient.PATIENT)
              .ask(socket, CacheRequests.END, Map.of(), progress -> {});
    } catch (IOException | ControlRefusal e) {
      // It may close the connection while it ends; what counts is whether it ended.
      log.debug("the process {} was asked to unmount", pid, e);
    }
    if (!awaitEnd(END_LIMIT)) {
      throw new IllegalStateException("process " + pid + " still serves the mount");
    }
  }
}
