package io.cachefs.store.directory;

import java.nio.file.Path;

/** Opens a cache directory, says how that went, and stays until its input ends. */
final class OpenInChild {
  private OpenInChild() {}

  public static void main(String[] args) throws Exception {
    try (CacheDirectory opened =
        CacheDirectory.open(Path.of(args[0]), SourceIdentity.of(Path.of(args[1])))) {
      System.out.println("opened " + opened.id());
      int end = System.in.read();
      assert end < 0;
    } catch (CacheDirectoryException e) {
      System.out.println(e.kind() + " " + e.pid());
    }
  }
}
