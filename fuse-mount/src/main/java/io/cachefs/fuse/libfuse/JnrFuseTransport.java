package io.cachefs.fuse.libfuse;

import io.cachefs.fuse.FuseTransport;
import io.cachefs.fuse.MountException;
import io.cachefs.fuse.MountOptions;
import io.cachefs.fuse.MountedFileSystem;
import io.cachefs.vfs.Vfs;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.LongSupplier;

/**
 * Mounts through libfuse 2 and jnr-fuse. What that cannot do is listed in {@code
 * docs/transports.md}; most of all, the kernel is never told of changes, so {@link
 * MountedFileSystem#invalidateInode} and {@link MountedFileSystem#invalidateEntry} do nothing here
 * and the timeouts of the mount are what bounds staleness.
 */
public final class JnrFuseTransport implements FuseTransport {
  static final String NAME = "jnr-fuse";

  private static final Path DEVICE = Path.of("/dev/fuse");
  private static final Path CONFIGURATION = Path.of("/etc/fuse.conf");

  private final LongSupplier nanoTime;

  /** Measures operations with {@code nanoTime}, the system's monotonic clock. */
  public JnrFuseTransport(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public MountedFileSystem mount(Vfs vfs, Path mountPoint, MountOptions options)
      throws MountException {
    NativeFuse library = NativeFuse.load();
    if (!Files.exists(DEVICE)) {
      throw new MountException(
          "there is no /dev/fuse: load the kernel module with modprobe fuse, or give the container"
              + " the device");
    }
    Path directory = existingDirectory(mountPoint, options);
    if (options.allowOther() && library.linux.geteuid() != 0 && !othersMayBeAllowed()) {
      throw new MountException(
          "other users can only be let in by root, or with user_allow_other in " + CONFIGURATION);
    }
    return LibFuseSession.start(library, new PathCalls(vfs, options, nanoTime), bytes(directory));
  }

  private static Path existingDirectory(Path mountPoint, MountOptions options)
      throws MountException {
    Path directory;
    try {
      directory = mountPoint.toRealPath();
    } catch (IOException e) {
      throw new MountException(
          mountPoint
              + " cannot be used as a mount point ("
              + e.getMessage()
              + "); make the directory, or remove a dead mount with fusermount -u -z",
          e);
    }
    if (!Files.isDirectory(directory)) {
      throw new MountException(directory + " is not a directory, so nothing can be mounted on it");
    }
    if (!options.nonEmpty() && hasEntries(directory)) {
      throw new MountException(
          directory + " is not empty; empty it, or mount over its content on purpose");
    }
    return directory;
  }

  private static boolean hasEntries(Path directory) throws MountException {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      return entries.iterator().hasNext();
    } catch (IOException e) {
      throw new MountException(directory + " cannot be read: " + e.getMessage(), e);
    }
  }

  private static boolean othersMayBeAllowed() {
    try {
      return Files.readAllLines(CONFIGURATION, StandardCharsets.ISO_8859_1).stream()
          .anyMatch(line -> line.strip().equals("user_allow_other"));
    } catch (IOException e) {
      return false;
    }
  }

  /** Returns the bytes of a path whatever the locale; only its URI tells them. */
  static byte[] bytes(Path path) {
    String uri = path.toAbsolutePath().toUri().getRawPath();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(uri.length());
    for (int i = 0; i < uri.length(); i++) {
      if (uri.charAt(i) == '%') {
        bytes.write(Integer.parseInt(uri.substring(i + 1, i + 3), 16));
        i += 2;
      } else {
        bytes.write(uri.charAt(i));
      }
    }
    int length = bytes.size();
    byte[] all = bytes.toByteArray();
    // The URI of a directory ends with a slash.
    return length > 1 && all[length - 1] == '/' ? Arrays.copyOf(all, length - 1) : all;
  }
}
