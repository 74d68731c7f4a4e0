package io.cachefs.fuse.libfuse;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Reads the mount table of this process; never touches a mount itself. */
final class MountTable {
  private static final Path MOUNTINFO = Path.of("/proc/self/mountinfo");

  // Fields of a line, proc(5).
  private static final int DEVICE = 2;
  private static final int MOUNT_POINT = 4;

  private MountTable() {}

  /** Returns the device ("0:52") of the FUSE mount on top at a path, or null if there is none. */
  static @Nullable String fuseDeviceAt(byte[] mountPoint) {
    String wanted = new String(mountPoint, StandardCharsets.ISO_8859_1);
    String device = null;
    try {
      for (String line : Files.readAllLines(MOUNTINFO, StandardCharsets.ISO_8859_1)) {
        String[] fields = line.split(" ", -1);
        if (unescape(fields[MOUNT_POINT]).equals(wanted)) {
          device = line.contains(" - fuse") ? fields[DEVICE] : null;
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return device;
  }

  /** Undoes the octal escapes of space, tab, newline and backslash. */
  static String unescape(String field) {
    StringBuilder text = new StringBuilder(field.length());
    for (int i = 0; i < field.length(); i++) {
      char c = field.charAt(i);
      if (c == '\\' && i + 3 < field.length()) {
        text.append((char) Integer.parseInt(field.substring(i + 1, i + 4), 8));
        i += 3;
      } else {
        text.append(c);
      }
    }
    return text.toString();
  }
}
