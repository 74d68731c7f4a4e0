package io.cachefs.fuse.libfuse;

import io.cachefs.base.Errno;
import io.cachefs.fuse.Mount;
import io.cachefs.fuse.MountTable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes one mount out of the mount table, and ends its connection if it stays in use. */
final class Unmounter {
  private static final Logger log = LoggerFactory.getLogger(Unmounter.class);

  // sys/mount.h
  private static final int FORCE = 1;
  private static final int DETACH = 2;

  private static final long FUSERMOUNT_SECONDS = 10;

  private final NativeFuse library;
  private final byte[] mountPoint;
  private final String device;

  /**
   * Knows one mount.
   *
   * @param mountPoint its path
   * @param device its device number as the mount table has it, so that another mount that has taken
   *     its place is left alone
   */
  Unmounter(NativeFuse library, byte[] mountPoint, String device) {
    this.library = library;
    this.mountPoint = mountPoint.clone();
    this.device = device;
  }

  boolean isMounted() {
    return device.equals(deviceAt(mountPoint));
  }

  /** Returns the device ("0:52") of the FUSE mount on top at a path, or null if there is none. */
  static @Nullable String deviceAt(byte[] mountPoint) {
    Path path = Path.of(new String(mountPoint, StandardCharsets.UTF_8));
    return MountTable.read().at(path).filter(Mount::isFuse).map(Mount::device).orElse(null);
  }

  /** Unmounts; a mount in use leaves the table now and ends with its last use. */
  void unmount() {
    if (!isMounted()) {
      return;
    }
    byte[] path = terminated();
    if (library.linux.umount2(path, 0) == 0) {
      return;
    }
    int errno = library.lastError();
    if (errno == Errno.EPERM.number()) {
      runFusermount();
      return;
    }
    // Without the control file nothing could end the connection later: it must be now.
    int force = Files.exists(abortFile()) ? 0 : FORCE;
    if (library.linux.umount2(path, DETACH | force) != 0) {
      log.warn("cannot unmount {}: errno {}", text(), library.lastError());
    }
  }

  private void runFusermount() {
    List<String> command = List.of("fusermount", "-u", "-z", "--", text());
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      process.getOutputStream().close();
      if (!process.waitFor(FUSERMOUNT_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        log.warn("fusermount -u {} does not end", text());
      } else if (process.exitValue() != 0) {
        log.warn("fusermount -u {} failed with status {}", text(), process.exitValue());
      }
    } catch (IOException e) {
      log.warn("cannot run fusermount to unmount {}", text(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Cuts the connection to the kernel: whoever still uses the mount gets ENOTCONN. */
  void abort() {
    try {
      Files.writeString(abortFile(), "1");
    } catch (IOException e) {
      log.warn("cannot end the connection of {}: {}", text(), e.toString());
    }
  }

  /** The kernel names a connection by the minor number of its device. */
  private Path abortFile() {
    String minor = device.substring(device.indexOf(':') + 1);
    return Path.of("/sys/fs/fuse/connections", minor, "abort");
  }

  private byte[] terminated() {
    return Arrays.copyOf(mountPoint, mountPoint.length + 1);
  }

  private String text() {
    return new String(mountPoint, StandardCharsets.UTF_8);
  }
}
