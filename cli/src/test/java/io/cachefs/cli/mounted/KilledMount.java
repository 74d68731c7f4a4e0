package io.cachefs.cli.mounted;

import io.cachefs.cli.Main;
import io.cachefs.testing.process.ChildProcess;
import io.cachefs.testing.process.Require;
import io.cachefs.testing.tree.TreeSnapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A mount that writes back, whose daemon is killed and started again over the same source and
 * cache. Owned by one thread, but for the mount itself.
 */
final class KilledMount implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Path base;
  private final Path source;
  private final Path mountPoint;
  private final String[] flags;
  private final List<String> complaints = new ArrayList<>();
  private @Nullable ChildProcess daemon;

  private KilledMount(Path base, Path source, Path mountPoint, String[] flags) {
    this.base = base;
    this.source = source;
    this.mountPoint = mountPoint;
    this.flags = flags;
  }

  /** Makes the directories; nothing is mounted yet. */
  static KilledMount make(String... flags) throws IOException {
    Require.fuse();
    Require.root();
    Path base = Files.createTempDirectory(Path.of("/var/tmp"), "cachefs-it-");
    Files.setPosixFilePermissions(base, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path source = Files.createDirectory(base.resolve("source"));
    return new KilledMount(base, source, Files.createDirectory(base.resolve("mnt")), flags);
  }

  Path source() {
    return source;
  }

  Path mountPoint() {
    return mountPoint;
  }

  /** Mounts, and returns when the mount answers. */
  void start() {
    List<String> command = new ArrayList<>(List.of("mount", "--foreground", "--mode=write-back"));
    command.add("--cache-dir=" + base.resolve("cache"));
    command.addAll(List.of(flags));
    command.add(source.toString());
    command.add(mountPoint.toString());
    ChildProcess started = ChildProcess.java(Main.class, command.toArray(String[]::new));
    daemon = started;
    String unused = started.awaitLine("is mounted at", PATIENCE);
  }

  /** Kills the daemon, as a crash of it would. */
  synchronized void kill() {
    ChildProcess running = daemon;
    if (running != null) {
      running.kill();
      complaints.addAll(complaintsOf(running));
      running.close();
      daemon = null;
    }
  }

  private static List<String> complaintsOf(@Nullable ChildProcess process) {
    return process == null
        ? List.of()
        : process.output().stream().filter(line -> !line.contains("is mounted at")).toList();
  }

  /** What the daemons said, but that they were there. */
  synchronized List<String> complaints() {
    List<String> all = new ArrayList<>(complaints);
    all.addAll(complaintsOf(daemon));
    return all;
  }

  /** Removes the mount that a killed daemon left. */
  void clear() {
    shell("umount -l '" + mountPoint + "' 2>/dev/null || true");
  }

  private static void shell(String script) {
    String unused = TestMount.runIn(Path.of("/"), PATIENCE, script);
  }

  /** Waits until the source has what the mount shows; returns what differs at last. */
  List<String> differencesAtLast(Duration limit) throws InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    List<String> differences = differences();
    while (!differences.isEmpty() && System.nanoTime() < end) {
      Thread.sleep(300);
      differences = differences();
    }
    return differences;
  }

  private List<String> differences() {
    try {
      return TreeSnapshot.of(mountPoint).diff(TreeSnapshot.of(source));
    } catch (RuntimeException e) {
      // Files are renamed at the source while they are listed there.
      return List.of("cannot be read now: " + e);
    }
  }

  @Override
  public void close() {
    clear();
    kill();
    shell("rm -rf --one-file-system '" + base + "'");
  }
}
