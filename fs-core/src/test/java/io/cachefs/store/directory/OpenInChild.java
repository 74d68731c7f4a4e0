package io.cachefs.store.directory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Opens a cache directory, says how that went, and stays until its input ends. */
final class OpenInChild {
  private OpenInChild() {}

  /** What a directory would be as the source of a cache, if a server had it. */
  static SourceIdentity identity(Path source) throws IOException {
    Path real = source.toRealPath();
    long inode = ((Number) Files.getAttribute(real, "unix:ino")).longValue();
    return new SourceIdentity(real, inode, 7L, "fuse.sshfs me@there:/odd");
  }

  public static void main(String[] args) throws Exception {
    try (CacheDirectory opened =
        CacheDirectory.open(Path.of(args[0]), identity(Path.of(args[1])))) {
      System.out.println("opened " + opened.id());
      int end = System.in.read();
      assert end < 0;
    } catch (CacheDirectoryException e) {
      System.out.println(e.kind() + " " + e.pid());
    }
  }
}
