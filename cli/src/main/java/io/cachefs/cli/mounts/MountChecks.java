package io.cachefs.cli.mounts;

import io.cachefs.cli.outcome.CommandFailure;
import io.cachefs.cli.outcome.ExitCode;
import io.cachefs.fuse.Mount;
import io.cachefs.fuse.MountTable;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What must hold before a mount is tried. Each check throws a {@link CommandFailure} that says what
 * to change; none waits for a file system that does not answer.
 */
public final class MountChecks {
  private final MountTable table;

  public MountChecks(MountTable table) {
    this.table = table;
  }

  /** Returns the real path of a source that can be listed. */
  public Path source(Path given) {
    try {
      return BoundedCall.onPath(given, ExitCode.SOURCE_UNUSABLE, () -> usableSource(given));
    } catch (CommandFailure e) {
      throw e;
    } catch (Exception e) {
      throw unusable(ExitCode.SOURCE_UNUSABLE, "source", given, e);
    }
  }

  private static Path usableSource(Path given) throws IOException {
    Path real = given.toRealPath();
    if (!Files.isDirectory(real)) {
      throw new CommandFailure(ExitCode.SOURCE_UNUSABLE, "source " + given + " is not a directory");
    }
    if (!Files.isReadable(real) || !Files.isExecutable(real)) {
      throw new AccessDeniedException(given.toString());
    }
    // The kernel may know all this of a server that hangs; of a name that nobody has it must ask.
    boolean unlikely = Files.exists(real.resolve(".cachefs-" + UUID.randomUUID()));
    assert !unlikely;
    return real;
  }

  /**
   * Returns our mount at exactly this place, whose server may live or not; a live one is the
   * caller's to refuse.
   */
  public @Nullable Mount ownMountAt(Path located) {
    return table.at(located).filter(Mount::isCachefs).orElse(null);
  }

  /** Returns the real path of a directory that can be mounted over. */
  public Path mountPoint(Path given, boolean mayHaveContent) {
    try {
      return BoundedCall.onPath(
          given, ExitCode.MOUNT_POINT_UNUSABLE, () -> usableMountPoint(given, mayHaveContent));
    } catch (CommandFailure e) {
      throw e;
    } catch (Exception e) {
      throw unusable(ExitCode.MOUNT_POINT_UNUSABLE, "mount point", given, e);
    }
  }

  private Path usableMountPoint(Path given, boolean mayHaveContent) throws IOException {
    Path real = given.toRealPath();
    if (table.at(real).filter(Mount::isCachefs).isPresent()) {
      throw alreadyMounted(real);
    }
    if (!Files.isDirectory(real)) {
      throw new CommandFailure(
          ExitCode.MOUNT_POINT_UNUSABLE, "mount point " + given + " is not a directory");
    }
    if (!mayHaveContent) {
      try (DirectoryStream<Path> content = Files.newDirectoryStream(real)) {
        if (content.iterator().hasNext()) {
          throw new CommandFailure(
              ExitCode.MOUNT_POINT_UNUSABLE,
              "mount point "
                  + given
                  + " is not empty; choose another one, or use --nonempty to hide what is in it");
        }
      }
    }
    return real;
  }

  /** Returns the failure for a place where a live mount of ours is. */
  public static CommandFailure alreadyMounted(Path mountPoint) {
    return new CommandFailure(
        ExitCode.ALREADY_MOUNTED,
        "a cachefs is mounted at "
            + mountPoint
            + " already; unmount it with 'cachefs umount "
            + mountPoint
            + "'");
  }

  /** Refuses a mount that would cover its source, or lie inside it. Takes real paths. */
  public void noOverlap(Path source, Path mountPoint) {
    try {
      BoundedCall.onPath(
          source,
          ExitCode.MOUNT_POINT_UNUSABLE,
          () -> {
            refuseOverlap(source, mountPoint);
            return source;
          });
    } catch (CommandFailure e) {
      throw e;
    } catch (Exception e) {
      throw unusable(ExitCode.MOUNT_POINT_UNUSABLE, "mount point", mountPoint, e);
    }
  }

  /** As {@link #noOverlap} for a source that cannot be asked: by the paths alone. */
  public static void noOverlapOfNames(Path source, Path mountPoint) {
    if (mountPoint.startsWith(source) || source.startsWith(mountPoint)) {
      throw overlap("mount point " + mountPoint + " and source " + source + " lie in each other");
    }
  }

  private static void refuseOverlap(Path source, Path mountPoint) throws IOException {
    if (isSame(source, mountPoint)) {
      throw overlap("source and mount point are the same directory, " + source);
    }
    if (isInside(mountPoint, source)) {
      throw overlap("mount point " + mountPoint + " lies inside the source " + source);
    }
    if (isInside(source, mountPoint)) {
      throw overlap("source " + source + " lies inside the mount point " + mountPoint);
    }
  }

  private static CommandFailure overlap(String sentence) {
    return new CommandFailure(
        ExitCode.MOUNT_POINT_UNUSABLE, sentence + "; choose a mount point outside of it");
  }

  /** Compares by device and inode as well, because a bind mount gives a directory two names. */
  static boolean isInside(Path inner, Path outer) throws IOException {
    for (Path above = inner; above != null; above = above.getParent()) {
      // A directory that is still to be made has no number to compare.
      if (Files.exists(above) && isSame(above, outer)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isSame(Path one, Path other) throws IOException {
    return one.equals(other) || Objects.equals(keyOf(one), keyOf(other));
  }

  private static Object keyOf(Path path) throws IOException {
    return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
  }

  /** Refuses what this user cannot do on this machine. */
  public static void permission(Privileges privileges, boolean allowOther) {
    if (!Files.exists(FuseMachine.DEVICE)) {
      throw new CommandFailure(
          ExitCode.NOT_PERMITTED,
          FuseMachine.DEVICE + " is missing; load the module with 'modprobe fuse' as root");
    }
    if (!FuseMachine.deviceIsAccessible()) {
      throw new CommandFailure(
          ExitCode.NOT_PERMITTED,
          FuseMachine.DEVICE
              + " is not open to this user; as root run 'chmod 666 "
              + FuseMachine.DEVICE
              + "' or mount as root");
    }
    if (!privileges.maySysAdmin() && FuseMachine.fusermount().isEmpty()) {
      throw new CommandFailure(
          ExitCode.NOT_PERMITTED,
          "fusermount3 is not installed (package fuse3); without it only root can mount");
    }
    if (allowOther && !privileges.isRoot() && !FuseMachine.usersMayAllowOther()) {
      throw new CommandFailure(
          ExitCode.NOT_PERMITTED,
          "allow_other is for root alone unless "
              + FuseMachine.CONFIGURATION
              + " has the line user_allow_other; leave it out or ask root to add the line");
    }
  }

  private static CommandFailure unusable(ExitCode code, String what, Path given, Exception cause) {
    String name = what + " " + given;
    if (cause instanceof NoSuchFileException) {
      return new CommandFailure(code, name + " does not exist", cause);
    }
    if (cause instanceof AccessDeniedException) {
      return new CommandFailure(code, name + " cannot be entered and read by this user", cause);
    }
    String reason = String.valueOf(cause.getMessage());
    if (reason.contains("Not a directory")) {
      return new CommandFailure(code, name + " is not a directory", cause);
    }
    if (reason.contains("endpoint is not connected")) {
      return new CommandFailure(
          code, name + " is on a mount whose server has died; unmount that first", cause);
    }
    return new CommandFailure(code, "cannot use " + name + ": " + reason, cause);
  }
}
