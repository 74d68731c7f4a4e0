package io.cachefs.fuse.libfuse;

import io.cachefs.testing.process.ChildProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A source, a mount point and the process that serves one on the other. */
final class MountedDaemon implements AutoCloseable {
  static final Duration LIMIT = Duration.ofSeconds(30);

  private final Path base;
  private final ChildProcess daemon;

  private MountedDaemon(Path base, ChildProcess daemon) {
    this.base = base;
    this.daemon = daemon;
  }

  /** Mounts with the words that {@link LibFuseDaemon} knows. */
  static MountedDaemon start(String... options) throws IOException {
    MountedDaemon started = launch(options);
    try {
      started.daemon.awaitLine("MOUNTED", LIMIT);
      return started;
    } catch (AssertionError e) {
      started.close();
      throw e;
    }
  }

  /** Starts the daemon without waiting for its mount. */
  static MountedDaemon launch(String... options) throws IOException {
    // Not the default for temporary files, which may be a tmpfs that knows less.
    Path base = Files.createTempDirectory(Path.of("/var/tmp"), "cachefs libfuse,");
    Files.setPosixFilePermissions(base, PosixFilePermissions.fromString("rwxr-xr-x"));
    for (String name : List.of("source", "mount", "plain")) {
      Files.createDirectory(base.resolve(name));
    }
    List<String> jvm = new ArrayList<>(List.of("-Xmx256m"));
    if (Runtime.version().feature() >= 24) {
      jvm.add("--enable-native-access=ALL-UNNAMED");
      jvm.add("--sun-misc-unsafe-memory-access=allow");
    }
    List<String> arguments = new ArrayList<>();
    arguments.add(base.resolve("source").toString());
    arguments.add(base.resolve("mount").toString());
    arguments.addAll(List.of(options));
    return new MountedDaemon(
        base, ChildProcess.java(jvm, LibFuseDaemon.class, arguments.toArray(new String[0])));
  }

  /** The directory that holds the others. */
  Path base() {
    return base;
  }

  Path source() {
    return base.resolve("source");
  }

  Path mountPoint() {
    return base.resolve("mount");
  }

  /** A directory of the file system that the source is on. */
  Path plain() {
    return base.resolve("plain");
  }

  ChildProcess process() {
    return daemon;
  }

  /** Runs a script in a shell whose directory is the mount; returns what it prints. */
  List<String> shell(String script) {
    String all = "cd \"$1\" || exit 99\n" + script;
    try (ChildProcess shell = ChildProcess.start("sh", "-c", all, "sh", mountPoint().toString())) {
      int status = shell.awaitExit(LIMIT);
      if (status != 0) {
        throw new AssertionError("exit status " + status + ": " + shell.output());
      }
      return shell.output();
    }
  }

  /** Unmounts through the transport, and returns the last words of the daemon. */
  List<String> unmount() {
    if (daemon.isAlive()) {
      daemon.send("close");
    }
    daemon.awaitExit(LIMIT);
    return daemon.output();
  }

  /** Unmounts in every way there is and removes the directories. */
  @Override
  public void close() throws IOException {
    daemon.close();
    try (ChildProcess umount = ChildProcess.start("umount", "-l", mountPoint().toString())) {
      umount.awaitExit(LIMIT);
    }
    try (ChildProcess remove =
        ChildProcess.start("rm", "-rf", "--one-file-system", base.toString())) {
      remove.awaitExit(LIMIT);
    }
  }
}
