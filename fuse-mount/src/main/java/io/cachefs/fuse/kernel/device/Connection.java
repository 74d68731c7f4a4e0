package io.cachefs.fuse.kernel.device;

import io.cachefs.fuse.MountTable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What {@code /sys} offers for one FUSE connection. Immutable. */
final class Connection {
  private static final Logger log = LoggerFactory.getLogger(Connection.class);

  /** As much as one request can carry; the kernel starts with 128 KiB. */
  private static final String READ_AHEAD_KIB = "1024";

  private final Optional<String> number;

  private Connection(Optional<String> number) {
    this.number = number;
  }

  /** Finds the connection of the mount at a place. */
  static Connection of(Path mountPoint) {
    return new Connection(
        MountTable.read().at(mountPoint).map(mount -> Integer.toString(mount.minor())));
  }

  /** Lets the kernel read ahead as much as one request can carry, if we may say so. */
  void raiseReadAhead() {
    if (number.isPresent()) {
      Path setting = Path.of("/sys/class/bdi/0:" + number.get() + "/read_ahead_kb");
      if (Files.isWritable(setting)) {
        boolean unused = write(setting, READ_AHEAD_KIB);
      }
    }
  }

  /** Ends the connection with all requests in it; returns whether that was possible. */
  boolean abort() {
    return number.isPresent()
        && write(Path.of("/sys/fs/fuse/connections/" + number.get() + "/abort"), "1");
  }

  private static boolean write(Path file, String value) {
    try {
      Files.write(file, value.getBytes(StandardCharsets.US_ASCII));
      return true;
    } catch (IOException failure) {
      log.debug("{}: {}", file, failure.getMessage());
      return false;
    }
  }
}
