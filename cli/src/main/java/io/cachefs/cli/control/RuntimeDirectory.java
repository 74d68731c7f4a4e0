package io.cachefs.cli.control;

import io.cachefs.cli.outcome.CommandFailure;
import io.cachefs.cli.outcome.ExitCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The directory with one socket for each running mount of a user. */
public final class RuntimeDirectory {
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");
  private static final Set<PosixFilePermission> OTHERS =
      EnumSet.complementOf(
          EnumSet.of(
              PosixFilePermission.OWNER_READ,
              PosixFilePermission.OWNER_WRITE,
              PosixFilePermission.OWNER_EXECUTE));

  private final Path directory;
  private final int uid;

  RuntimeDirectory(Path directory, int uid) {
    this.directory = directory;
    this.uid = uid;
  }

  /** Returns the one of this user: by XDG_RUNTIME_DIR, in /run for root, or in /tmp. */
  public static RuntimeDirectory of(int uid, Map<String, String> environment) {
    String xdg = environment.getOrDefault("XDG_RUNTIME_DIR", "");
    // Root's mounts are found by every shell of root, also by one that has no login session.
    if (uid == 0) {
      return new RuntimeDirectory(Path.of("/run/cachefs"), uid);
    }
    if (!xdg.isEmpty() && Path.of(xdg).isAbsolute()) {
      return new RuntimeDirectory(Path.of(xdg, "cachefs"), uid);
    }
    return new RuntimeDirectory(Path.of("/tmp/cachefs-" + uid), uid);
  }

  /**
   * A socket of a mount.
   *
   * @param path where
   * @param pid the process that made it
   */
  public record Socket(Path path, long pid) {}

  /** Returns the path of the socket for a mount, in a directory that is safe to use. */
  public Path socketFor(Path mountPoint, long pid) {
    return prepared().resolve(pathFor(mountPoint, pid));
  }

  /** Returns the directory itself, made and safe to use. */
  public Path prepared() {
    try {
      prepare();
    } catch (IOException e) {
      throw new CommandFailure(
          ExitCode.FAILED, "cannot make " + directory + " for the control socket: " + e, e);
    }
    return directory;
  }

  /** Removes the socket of a mount that ends. */
  public void removeSocket(Path mountPoint, long pid) {
    remove(pathFor(mountPoint, pid));
  }

  private Path pathFor(Path mountPoint, long pid) {
    return directory.resolve(keyOf(mountPoint) + "." + pid + ".sock");
  }

  /** Returns the newest socket of a mount, if there is one that we may trust. */
  public Optional<Socket> find(Path mountPoint) {
    if (!isSafe()) {
      return Optional.empty();
    }
    List<Socket> found = new ArrayList<>();
    try (DirectoryStream<Path> sockets =
        Files.newDirectoryStream(directory, keyOf(mountPoint) + ".*.sock")) {
      for (Path path : sockets) {
        parse(path).ifPresent(found::add);
      }
    } catch (IOException e) {
      return Optional.empty();
    }
    // A server that was killed leaves its socket; the one whose process lives is meant.
    return found.stream()
        .filter(socket -> ProcessHandle.of(socket.pid()).isPresent())
        .findFirst()
        .or(() -> found.stream().findFirst());
  }

  /** Returns the sockets of one process, which may serve several mounts. */
  public List<Socket> ofProcess(long pid) {
    List<Socket> found = new ArrayList<>();
    if (isSafe()) {
      try (DirectoryStream<Path> sockets =
          Files.newDirectoryStream(directory, "*." + pid + ".sock")) {
        for (Path path : sockets) {
          found.add(new Socket(path, pid));
        }
      } catch (IOException e) {
        return List.of();
      }
    }
    return found;
  }

  /** Returns whether a socket is that of the mount at this place. */
  public boolean isOf(Socket socket, Path mountPoint) {
    return socket.path().equals(pathFor(mountPoint, socket.pid()));
  }

  /** Removes what servers that are no more have left for this mount point. */
  public void clear(Path mountPoint) {
    Optional<Socket> stale = find(mountPoint);
    for (int i = 0; i < 16 && stale.isPresent(); i++) {
      if (ProcessHandle.of(stale.get().pid()).isPresent()) {
        return;
      }
      remove(stale.get().path());
      stale = find(mountPoint);
    }
  }

  /** Removes a socket; it is no failure if that cannot be done. */
  static void remove(Path socket) {
    try {
      Files.deleteIfExists(socket);
    } catch (IOException e) {
      assert socket != null : "a socket that stays is found dead by its process number";
    }
  }

  private static Optional<Socket> parse(Path path) {
    List<String> parts = Arrays.asList(String.valueOf(path.getFileName()).split("\\.", -1));
    try {
      return Optional.of(new Socket(path, Long.parseLong(parts.get(1))));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  private void prepare() throws IOException {
    try {
      Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
    } catch (FileAlreadyExistsException e) {
      if (!isSafe()) {
        throw new CommandFailure(
            ExitCode.NOT_PERMITTED,
            directory
                + " must be a directory of this user that nobody else may enter (mode 0700);"
                + " remove it or correct it",
            e);
      }
    }
  }

  /** In a directory of another user a socket could be anybody's. */
  private boolean isSafe() {
    try {
      PosixFileAttributes attributes =
          Files.readAttributes(directory, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      int owner = (Integer) Files.getAttribute(directory, "unix:uid", LinkOption.NOFOLLOW_LINKS);
      return attributes.isDirectory()
          && owner == uid
          && attributes.permissions().stream().noneMatch(OTHERS::contains);
    } catch (IOException e) {
      return false;
    }
  }

  /** A name of fixed length, because the path of a socket has at most 107 bytes. */
  private static String keyOf(Path mountPoint) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(mountPoint.toString().getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
