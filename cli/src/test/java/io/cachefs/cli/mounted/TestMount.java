package io.cachefs.cli.mounted;

import io.cachefs.cli.Main;
import io.cachefs.testing.process.ChildProcess;
import io.cachefs.testing.process.Require;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A source directory, and a daemon in another process that serves it under a mount point. Closing
 * ends the daemon, unmounts lazily if that did not, and deletes everything.
 */
final class TestMount implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Path base;
  private final Path source;
  private final Path mountPoint;
  private final ChildProcess daemon;

  private TestMount(Path base, Path source, Path mountPoint, ChildProcess daemon) {
    this.base = base;
    this.source = source;
    this.mountPoint = mountPoint;
    this.daemon = daemon;
  }

  /** Mounts with these flags, and returns when the mount answers. */
  static TestMount open(String... flags) {
    return mount(null, flags);
  }

  /** As {@link #open}, over a directory that is there and stays. */
  static TestMount over(Path source, String... flags) {
    return mount(source, flags);
  }

  private static TestMount mount(@Nullable Path existing, String... flags) {
    Require.fuse();
    try {
      // Not /tmp, which may be a tmpfs, and traversable for other users.
      Path base = Files.createTempDirectory(Path.of("/var/tmp"), "cachefs-it-");
      Files.setPosixFilePermissions(base, PosixFilePermissions.fromString("rwxr-xr-x"));
      Path source = existing == null ? Files.createDirectory(base.resolve("source")) : existing;
      Path mountPoint = Files.createDirectory(base.resolve("mnt"));
      if (existing == null) {
        Files.setPosixFilePermissions(source, PosixFilePermissions.fromString("rwxr-xr-x"));
      }
      List<String> command = new ArrayList<>(List.of("mount", "--foreground"));
      if (Stream.of(flags)
          .noneMatch(flag -> flag.contains("cache-dir") || flag.equals("--no-cache"))) {
        command.add("--cache-dir=" + base.resolve("cache"));
      }
      command.addAll(List.of(flags));
      command.add(source.toString());
      command.add(mountPoint.toString());
      ChildProcess daemon = ChildProcess.java(Main.class, command.toArray(String[]::new));
      TestMount mount = new TestMount(base, source, mountPoint, daemon);
      mount.awaitMounted();
      return mount;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void awaitMounted() {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!isMounted()) {
      if (!daemon.isAlive() || System.nanoTime() > deadline) {
        List<String> output = daemon.output();
        close();
        throw new AssertionError("not mounted: " + output);
      }
      pause();
    }
  }

  private boolean isMounted() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/mountinfo"))) {
      return lines.anyMatch(line -> line.contains(" " + mountPoint + " "));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void pause() {
    try {
      Thread.sleep(20);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  Path source() {
    return source;
  }

  Path mountPoint() {
    return mountPoint;
  }

  ChildProcess daemon() {
    return daemon;
  }

  /** Runs a shell script in the mounted directory; returns its output, or fails with it. */
  String run(Duration limit, String script) {
    return runIn(mountPoint, limit, script);
  }

  /** Runs a shell script in a directory; returns its output, or fails with it. */
  static String runIn(Path directory, Duration limit, String script) {
    String prefix = "set -eu; cd '" + directory + "'; ";
    try (ChildProcess shell =
        ChildProcess.start(
            "timeout", "-k", "5", limit.toSeconds() + "s", "bash", "-c", prefix + script)) {
      int exit = shell.awaitExit(limit.plusSeconds(10));
      String output = String.join("\n", shell.output());
      if (exit != 0) {
        throw new AssertionError("exit " + exit + " of: " + script + "\n" + output);
      }
      return output;
    }
  }

  @Override
  public void close() {
    daemon.terminate();
    try {
      if (daemon.awaitExit(Duration.ofSeconds(10)) != 0) {
        throw new AssertionError("daemon failed: " + daemon.output());
      }
    } finally {
      daemon.close();
      if (isMounted()) {
        runIn(Path.of("/"), Duration.ofSeconds(10), "umount -l '" + mountPoint + "'");
      }
      delete();
    }
  }

  private void delete() {
    if (Files.exists(base, LinkOption.NOFOLLOW_LINKS)) {
      runIn(Path.of("/"), Duration.ofSeconds(60), "rm -rf --one-file-system '" + base + "'");
    }
  }
}
