package io.cachefs.cli.mounts;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.cli.outcome.ExitCode;
import io.cachefs.fuse.Mount;
import io.cachefs.fuse.MountTable;
import io.cachefs.sys.ProcessCalls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Names of mount points, found without touching what is mounted there. */
public final class MountPoints {
  private static final Duration PROBE = Duration.ofSeconds(2);

  private MountPoints() {}

  /**
   * Returns the absolute path with every link before the last name resolved. The last name is left
   * alone, because asking for it would ask a mount that may be dead.
   */
  public static Path locate(Path given) {
    Path absolute = given.toAbsolutePath().normalize();
    Path parent = absolute.getParent();
    Path name = absolute.getFileName();
    if (parent == null || name == null) {
      return absolute;
    }
    try {
      Path resolved = BoundedCall.onPath(parent, ExitCode.NOT_ANSWERING, parent::toRealPath);
      return resolved.resolve(name);
    } catch (IOException e) {
      return absolute;
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Returns our mount that a user means by this path: at the path itself, or where its link leads.
   */
  public static Optional<Mount> find(MountTable table, Path given) {
    Path located = locate(given);
    Optional<Mount> direct = table.at(located).filter(Mount::isCachefs);
    if (direct.isPresent()) {
      return direct;
    }
    try {
      // Nothing of ours is mounted exactly here, so this asks the directory above.
      Path target = Files.readSymbolicLink(located);
      Path parent = located.getParent();
      return table
          .at(locate(parent == null ? target : parent.resolve(target)))
          .filter(Mount::isCachefs);
    } catch (IOException | UnsupportedOperationException e) {
      return Optional.empty();
    }
  }

  /** What a mount does when it is asked. */
  public enum Life {
    /** It answers, or refuses us, which is an answer too. */
    ANSWERS,
    /** The process that served it has gone. */
    DEAD,
    /** It does not answer in time. */
    HANGS
  }

  /** Asks a mount whether its server lives. Never call this from the server itself. */
  public static Life lifeOf(Path mountPoint) {
    try {
      return BoundedCall.run(
          PROBE,
          () -> {
            ProcessCalls.requireReachable(mountPoint);
            return Life.ANSWERS;
          });
    } catch (BoundedCall.NoAnswer e) {
      return Life.HANGS;
    } catch (FsException e) {
      return e.errno() == Errno.ENOTCONN || e.errno() == Errno.EIO ? Life.DEAD : Life.ANSWERS;
    } catch (Exception e) {
      throw new IllegalStateException("asking " + mountPoint, e);
    }
  }
}
