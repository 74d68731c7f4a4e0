package io.cachefs.store.lmdb;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where lmdbjava puts its native library to load it. It would leave a copy behind in the directory
 * for temporary files with every process that is killed; here the copy is removed as soon as it is
 * loaded, and one that was left by a crash before that as well.
 */
final class NativeLibrary {
  /** Read by lmdbjava once in the life of a process. */
  private static final String DIRECTORY = "lmdbjava.extract.dir";

  private static final String COPIES = "lmdbjava-native-library-*";

  private NativeLibrary() {}

  /** Called before anything of lmdbjava; whoever set the property decides. */
  static void useDirectory(Path directory) {
    if (System.getProperty(DIRECTORY) == null) {
      System.setProperty(DIRECTORY, directory.toString());
    }
  }

  /** Called when the library is loaded, or cannot be in use by another process. */
  static void removeCopies(Path directory) throws IOException {
    try (DirectoryStream<Path> copies = Files.newDirectoryStream(directory, COPIES)) {
      for (Path copy : copies) {
        Files.delete(copy);
      }
    }
  }
}
