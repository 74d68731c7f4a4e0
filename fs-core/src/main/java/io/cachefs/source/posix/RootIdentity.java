package io.cachefs.source.posix;

/**
 * What tells the root of a source from any other directory that may be found in its place.
 *
 * @param inode its inode number
 * @param generation its birth time, or 0 where there is none
 * @param mount what is mounted there, if it may be of another machine, else empty: all that differs
 *     between two servers whose roots have the same inode number
 */
public record RootIdentity(long inode, long generation, String mount) {
  @Override
  public String toString() {
    return "inode " + inode + (mount.isEmpty() ? "" : " of " + mount);
  }
}
