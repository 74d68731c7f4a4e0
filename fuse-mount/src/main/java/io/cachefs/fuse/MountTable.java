package io.cachefs.fuse;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The mount table as it was when it was read. Immutable. Reading it asks no file system, so it
 * works while a mount hangs.
 */
public final class MountTable {
  private static final Path MOUNTINFO = Path.of("/proc/self/mountinfo");

  private final List<Mount> mounts;

  private MountTable(List<Mount> mounts) {
    this.mounts = List.copyOf(mounts);
  }

  /** Reads the table of this process. */
  public static MountTable read() {
    try {
      return parse(Files.readAllLines(MOUNTINFO, StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + MOUNTINFO, e);
    }
  }

  /** Reads lines in the form of proc_pid_mountinfo(5); a line of another form is left out. */
  static MountTable parse(List<String> lines) {
    List<Mount> mounts = new ArrayList<>();
    for (String line : lines) {
      parseLine(line).ifPresent(mounts::add);
    }
    return new MountTable(mounts);
  }

  private static Optional<Mount> parseLine(String line) {
    List<String> fields = Arrays.asList(line.split(" ", -1));
    int dash = fields.indexOf("-");
    if (dash < 6 || fields.size() < dash + 3) {
      return Optional.empty();
    }
    List<String> device = Arrays.asList(fields.get(2).split(":", -1));
    return Optional.of(
        new Mount(
            Integer.parseInt(device.get(0)),
            Integer.parseInt(device.get(1)),
            Path.of(unescape(fields.get(4))),
            fields.get(5),
            unescape(fields.get(dash + 1)),
            unescape(fields.get(dash + 2))));
  }

  /** Replaces {@code \040} and its like, which the kernel writes for blanks and backslashes. */
  static String unescape(String text) {
    if (text.indexOf('\\') < 0) {
      return text;
    }
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length);
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == '\\' && i + 3 < bytes.length && isOctal(bytes, i + 1)) {
        out.write((bytes[i + 1] - '0') * 64 + (bytes[i + 2] - '0') * 8 + (bytes[i + 3] - '0'));
        i += 3;
      } else {
        out.write(bytes[i]);
      }
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  private static boolean isOctal(byte[] bytes, int start) {
    for (int i = start; i < start + 3; i++) {
      if (bytes[i] < '0' || bytes[i] > '7') {
        return false;
      }
    }
    return true;
  }

  /** Returns the mount that is on top at exactly this path. */
  public Optional<Mount> at(Path mountPoint) {
    Mount found = null;
    for (Mount mount : mounts) {
      // Later lines cover earlier ones at the same place.
      found = mount.mountPoint().equals(mountPoint) ? mount : found;
    }
    return Optional.ofNullable(found);
  }

  /** Returns our mounts in the order they were made. */
  public List<Mount> cachefsMounts() {
    return mounts.stream().filter(Mount::isCachefs).toList();
  }
}
