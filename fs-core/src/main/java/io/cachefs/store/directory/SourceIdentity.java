package io.cachefs.store.directory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What tells the source of a cache from others: where it is, and the inode number of its root. Both
 * stay the same when a network or FUSE file system is mounted again, as its device number does not;
 * the inode number tells an empty mount point from what belongs there.
 *
 * @param path without symbolic links
 */
public record SourceIdentity(Path path, long rootInode) {
  /** Looks at a source. */
  public static SourceIdentity of(Path source) throws IOException {
    Path real = source.toRealPath();
    return new SourceIdentity(real, ((Number) Files.getAttribute(real, "unix:ino")).longValue());
  }

  @Override
  public String toString() {
    return path + " (inode " + rootInode + ")";
  }
}
