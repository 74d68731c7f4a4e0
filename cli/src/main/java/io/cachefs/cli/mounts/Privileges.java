package io.cachefs.cli.mounts;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Who this process is, from {@code /proc/self/status}.
 *
 * @param uid effective user
 * @param capabilities effective capabilities as the kernel's bit set
 */
public record Privileges(int uid, long capabilities) {
  // From linux/capability.h.
  private static final int CAP_DAC_READ_SEARCH = 2;
  private static final int CAP_SYS_ADMIN = 21;

  /** Reads those of this process. */
  public static Privileges current() {
    try {
      return parse(Files.readAllLines(Path.of("/proc/self/status")));
    } catch (IOException e) {
      throw new IllegalStateException("cannot read /proc/self/status", e);
    }
  }

  static Privileges parse(List<String> status) {
    int uid = -1;
    long capabilities = 0;
    for (String line : status) {
      List<String> words = Arrays.asList(line.split("\\s+", -1));
      if (words.get(0).equals("Uid:")) {
        uid = Integer.parseInt(words.get(2));
      } else if (words.get(0).equals("CapEff:")) {
        capabilities = Long.parseUnsignedLong(words.get(1), 16);
      }
    }
    return new Privileges(uid, capabilities);
  }

  /** Returns whether the user is root. */
  public boolean isRoot() {
    return uid == 0;
  }

  /** Returns whether mount(2) and passthrough are allowed. */
  public boolean maySysAdmin() {
    return has(CAP_SYS_ADMIN);
  }

  /** Returns whether files may be found again by their handle. */
  public boolean mayReadAnyDirectory() {
    return has(CAP_DAC_READ_SEARCH);
  }

  private boolean has(int capability) {
    return (capabilities & (1L << capability)) != 0;
  }
}
