package io.cachefs.cli.mounts;

import io.cachefs.cli.outcome.CommandFailure;
import io.cachefs.cli.outcome.ExitCode;
import io.cachefs.fuse.Mount;
import io.cachefs.fuse.MountTable;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;

/**
 * A path a user gave, as a mount of ours and what is below it.
 *
 * @param mount the innermost one that the path lies in
 * @param below with slashes between names; empty for the mount point itself
 */
public record MountedPath(Mount mount, String below) {

  /** Finds the mount of a path by the mount table, or by where the links in the path lead. */
  public static MountedPath of(MountTable table, String given) {
    try {
      Path path = Path.of(given);
      return find(table, path.toAbsolutePath().normalize())
          .or(() -> find(table, MountPoints.locate(path)))
          .orElseThrow(
              () ->
                  new CommandFailure(
                      ExitCode.NOT_MOUNTED, given + " lies in no mount of a cachefs"));
    } catch (InvalidPathException e) {
      throw new CommandFailure(ExitCode.USAGE, "'" + given + "' is not a path", e);
    }
  }

  private static Optional<MountedPath> find(MountTable table, Path path) {
    return table.cachefsMounts().stream()
        .filter(mount -> path.startsWith(mount.mountPoint()))
        .max(Comparator.comparingInt(mount -> mount.mountPoint().getNameCount()))
        .map(mount -> new MountedPath(mount, mount.mountPoint().relativize(path).toString()));
  }
}
