package io.cachefs.cli.daemon;

import io.cachefs.cli.outcome.CommandFailure;
import io.cachefs.cli.outcome.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;

/** Where a mount logs, and how much. */
public final class LogSettings {
  /**
   * A log of this size becomes the older one when a mount starts, so that two of it are the most.
   */
  private static final long MOST_BYTES = 10L << 20;

  private LogSettings() {}

  /** Sets the level; must come before the first logger is asked for. */
  public static void configure(String level) {
    System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", level);
    System.setProperty("org.slf4j.simpleLogger.showDateTime", "true");
    System.setProperty("org.slf4j.simpleLogger.dateTimeFormat", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX");
    System.setProperty("org.slf4j.simpleLogger.showShortLogName", "true");
    System.setProperty("org.slf4j.simpleLogger.levelInBrackets", "true");
  }

  /** Returns where a mount in the background logs when the user has not said. */
  public static Path defaultFile(Path mountPoint, boolean root, Map<String, String> environment) {
    return directory(root, environment).resolve(nameOf(mountPoint) + ".log");
  }

  private static Path directory(boolean root, Map<String, String> environment) {
    if (root) {
      return Path.of("/var/log/cachefs");
    }
    String state = environment.getOrDefault("XDG_STATE_HOME", "");
    if (!state.isEmpty()) {
      return Path.of(state, "cachefs");
    }
    return Path.of(environment.getOrDefault("HOME", "/tmp"), ".local", "state", "cachefs");
  }

  private static String nameOf(Path mountPoint) {
    String name = mountPoint.toString().substring(1).replace('/', '-');
    // The end of a long path tells mounts apart better than its start.
    return name.length() > 200 ? name.substring(name.length() - 200) : name;
  }

  /**
   * Makes the place for a log; one on the mount itself is refused, because it would wait for
   * itself.
   */
  public static void prepare(Path file, Path mountPoint) {
    try {
      Path parent = file.getParent();
      if (parent == null) {
        throw new CommandFailure(ExitCode.USAGE, "log file " + file + " is a directory");
      }
      if (!Files.isDirectory(parent)) {
        Files.createDirectories(
            parent,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      }
      Path real = parent.toRealPath();
      if (real.startsWith(mountPoint)) {
        throw new CommandFailure(
            ExitCode.USAGE,
            "log file " + file + " would be on the mount itself; choose another place");
      }
      if (Files.isRegularFile(file) && Files.size(file) > MOST_BYTES) {
        Files.move(
            file, real.resolve(file.getFileName() + ".old"), StandardCopyOption.REPLACE_EXISTING);
      }
    } catch (IOException e) {
      throw new CommandFailure(
          ExitCode.FAILED,
          "cannot use log file " + file + ": " + e + "; choose one with --log-file",
          e);
    }
  }
}
