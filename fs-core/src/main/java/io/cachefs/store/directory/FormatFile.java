package io.cachefs.store.directory;

import io.cachefs.store.directory.CacheDirectoryException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The text file by which a directory is known to be a cache: a line for each word and its value.
 *
 * @param id made at random with the cache, to tell it from one that was there before
 */
record FormatFile(int version, String id, SourceIdentity source) {
  /** Of the directory and everything in it. */
  static final int VERSION = 1;

  private static final String TITLE = "cachefs cache";
  private static final String FORMAT = "format";
  private static final String GENERATION = "source-generation";
  private static final String MOUNT = "source-mount";

  /** Returns what the directory says of itself, or null if it does not say it is a cache. */
  static @Nullable FormatFile read(Path directory) throws IOException, CacheDirectoryException {
    String text;
    try {
      text = Files.readString(Layout.format(directory));
    } catch (NoSuchFileException e) {
      return null;
    }
    Map<String, String> values = new HashMap<>();
    for (String line : text.split("\n", -1)) {
      int space = line.indexOf(' ');
      values.put(
          space < 0 ? line : line.substring(0, space), space < 0 ? "" : line.substring(space + 1));
    }
    try {
      if (!text.startsWith(TITLE + "\n")) {
        throw new IllegalArgumentException("its first line is not \"" + TITLE + "\"");
      }
      int version = Integer.parseInt(value(values, FORMAT));
      if (version > VERSION) {
        throw new CacheDirectoryException(
            Kind.NEWER_FORMAT,
            "the cache in "
                + directory
                + " has format "
                + version
                + " and this program knows "
                + VERSION
                + ": use the newer program, or another directory");
      }
      long inode = Long.parseUnsignedLong(value(values, "source-inode"));
      Path path = Path.of(unescape(value(values, "source")));
      String generation = values.get(GENERATION);
      String mount = values.get(MOUNT);
      SourceIdentity source =
          new SourceIdentity(
              path,
              inode,
              generation == null ? null : Long.valueOf(generation),
              mount == null ? null : unescape(mount));
      return new FormatFile(version, value(values, "id"), source);
    } catch (IllegalArgumentException e) {
      throw new CacheDirectoryException(
          Kind.UNUSABLE,
          Layout.format(directory)
              + " cannot be understood ("
              + e.getMessage()
              + "): remove the directory if its content is not needed",
          e);
    }
  }

  private static String value(Map<String, String> values, String word) {
    String value = values.get(word);
    if (value == null) {
      throw new IllegalArgumentException("no line \"" + word + "\"");
    }
    return value;
  }

  /** Writes the file so that it is there whole or not at all, also after a power cut. */
  void write(Path directory) throws IOException {
    String text =
        TITLE
            + "\nformat "
            + version
            + "\nid "
            + id
            + "\nsource-inode "
            + Long.toUnsignedString(source.rootInode())
            + "\nsource "
            + escape(source.path().toString())
            + "\n"
            + line(GENERATION, source.rootGeneration())
            + line(MOUNT, source.mount());
    Path aside = directory.resolve(Layout.NEW_FORMAT);
    try (FileChannel channel =
        FileChannel.open(
            aside,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    Files.move(aside, Layout.format(directory), StandardCopyOption.ATOMIC_MOVE);
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static String line(String word, @Nullable Object value) {
    return value == null ? "" : word + " " + escape(value.toString()) + "\n";
  }

  private static String escape(String path) {
    return path.replace("\\", "\\\\").replace("\n", "\\n");
  }

  private static String unescape(String text) {
    StringBuilder path = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char next = text.charAt(i);
      if (next == '\\' && i + 1 < text.length()) {
        i++;
        next = text.charAt(i) == 'n' ? '\n' : text.charAt(i);
      }
      path.append(next);
    }
    return path.toString();
  }
}
