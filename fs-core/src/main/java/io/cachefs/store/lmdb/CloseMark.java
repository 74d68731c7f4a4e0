package io.cachefs.store.lmdb;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * A file that tells how the data file looked when it was closed in order. As long as it fits,
 * nobody has touched the data since, and its structure need not be checked.
 */
final class CloseMark {
  private static final String NAME = "closed";

  private final Path directory;
  private final Path mark;
  private final Path data;

  CloseMark(Path directory) {
    this.directory = directory;
    mark = directory.resolve(NAME);
    data = directory.resolve(Tables.DATA);
  }

  boolean fits() throws IOException {
    try {
      // Compared as bytes: a damaged mark need not be text.
      return Arrays.equals(Files.readAllBytes(mark), describe().getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private String describe() throws IOException {
    var attributes = Files.readAttributes(data, "unix:ino,size,lastModifiedTime");
    return "inode "
        + attributes.get("ino")
        + "\nsize "
        + attributes.get("size")
        + "\nmodified "
        + attributes.get("lastModifiedTime")
        + "\n";
  }

  /** Takes the mark away for good, before anything is written. */
  void clear() throws IOException {
    if (Files.deleteIfExists(mark)) {
      try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }

  void set() {
    try {
      Files.write(mark, describe().getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      // Without it the next opening takes longer.
      assert e.getMessage() != null;
    }
  }
}
