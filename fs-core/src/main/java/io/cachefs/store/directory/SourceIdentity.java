package io.cachefs.store.directory;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What tells the source of a cache from others: where it is, and which directory that was. All of
 * it stays the same when a network or FUSE file system is mounted again, as its device number does
 * not, so that it is known again when it comes back while the cache is in use; the inode number
 * tells an empty mount point from what belongs there.
 *
 * @param path without symbolic links
 * @param rootInode of its root
 * @param rootGeneration the birth time of the root, 0 if it has none, or null if that was not noted
 * @param mount what is mounted there if it may be of another machine, else empty, or null if that
 *     was not noted
 */
public record SourceIdentity(
    Path path, long rootInode, @Nullable Long rootGeneration, @Nullable String mount) {

  /**
   * Returns whether this may be the same source: what one of the two did not note does not count.
   */
  public boolean matches(SourceIdentity other) {
    return path.equals(other.path)
        && rootInode == other.rootInode
        && fits(rootGeneration, other.rootGeneration)
        && fits(mount, other.mount);
  }

  private static boolean fits(@Nullable Object one, @Nullable Object other) {
    return one == null || other == null || one.equals(other);
  }

  @Override
  public String toString() {
    boolean isMount = mount != null && !mount.isEmpty();
    return path + " (inode " + rootInode + (isMount ? " of " + mount : "") + ")";
  }
}
