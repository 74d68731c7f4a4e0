package io.cachefs.fuse.kernel.device;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Reads what is mounted where from {@code /proc/self/mountinfo}, without touching a mount. */
final class MountTable {
  private static final Path TABLE = Path.of("/proc/self/mountinfo");

  // Columns, see proc_pid_mountinfo(5).
  private static final int DEVICE = 2;
  private static final int MOUNT_POINT = 4;

  private MountTable() {}

  /**
   * Returns the minor device number of the mount that is on top at a place; the kernel names its
   * FUSE connections and their read-ahead settings by it.
   */
  static Optional<String> minorNumberAt(Path mountPoint) {
    try {
      return minorNumberAt(mountPoint.toString(), Files.readString(TABLE, StandardCharsets.UTF_8));
    } catch (IOException unreadable) {
      return Optional.empty();
    }
  }

  static Optional<String> minorNumberAt(String mountPoint, String table) {
    String minor = null;
    for (String line : table.split("\n", -1)) {
      String[] columns = line.split(" ", -1);
      if (columns.length > MOUNT_POINT && unescape(columns[MOUNT_POINT]).equals(mountPoint)) {
        minor = columns[DEVICE].substring(columns[DEVICE].indexOf(':') + 1);
      }
    }
    return Optional.ofNullable(minor);
  }

  /** Space, tab, newline and backslash are written as three octal digits. */
  private static String unescape(String field) {
    return field
        .replace("\\040", " ")
        .replace("\\011", "\t")
        .replace("\\012", "\n")
        .replace("\\134", "\\");
  }
}
