package io.cachefs.cli.mounts;

import io.cachefs.fuse.Mount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What the machine has for FUSE. */
public final class FuseMachine {
  /** The device every FUSE server reads requests from. */
  public static final Path DEVICE = Path.of("/dev/fuse");

  /** What root allows to other users. */
  public static final Path CONFIGURATION = Path.of("/etc/fuse.conf");

  private static final Path CONNECTIONS = Path.of("/sys/fs/fuse/connections");

  private FuseMachine() {}

  /** Returns whether this process may open the device. */
  public static boolean deviceIsAccessible() {
    return Files.isReadable(DEVICE) && Files.isWritable(DEVICE);
  }

  /** Returns whether users other than root may use {@code allow_other}. */
  public static boolean usersMayAllowOther() {
    try {
      return Files.readAllLines(CONFIGURATION).stream()
          .anyMatch(line -> line.strip().equals("user_allow_other"));
    } catch (IOException e) {
      return false;
    }
  }

  /** Returns the program by which users mount and unmount, if it is installed. */
  public static Optional<Path> fusermount() {
    return onPath("fusermount3").or(() -> onPath("fusermount"));
  }

  private static Optional<Path> onPath(String program) {
    List<String> directories =
        Arrays.asList((System.getenv().getOrDefault("PATH", "") + ":/usr/bin:/bin").split(":", -1));
    return directories.stream()
        .filter(directory -> !directory.isEmpty())
        .map(directory -> Path.of(directory, program))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** Returns the file that aborts the connection of a mount when something is written to it. */
  static Path abortFile(Mount mount) {
    return CONNECTIONS.resolve(Integer.toString(mount.minor())).resolve("abort");
  }
}
