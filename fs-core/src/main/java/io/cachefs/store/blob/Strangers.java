package io.cachefs.store.blob;

import io.cachefs.store.StoreException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Finds what lies among blobs and is none. Owned by one thread. */
final class Strangers {
  private static final int MOST = 1000;
  private static final int SHARD_NAME = 2;

  private final List<Path> found = new ArrayList<>();

  private Strangers() {}

  /** Returns at most a thousand of them. */
  static List<Path> in(Path directory) throws StoreException {
    Strangers strangers = new Strangers();
    try (DirectoryStream<Path> shards = Files.newDirectoryStream(directory)) {
      for (Path shard : shards) {
        if (isShard(shard)) {
          strangers.addFrom(shard);
        } else {
          strangers.add(shard);
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      throw new StoreException("cannot list the blobs in " + directory + ": " + e.getMessage(), e);
    }
    return strangers.found;
  }

  private static boolean isShard(Path path) {
    String name = String.valueOf(path.getFileName());
    return name.length() == SHARD_NAME
        && name.matches("[0-9a-f]{2}")
        && Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
  }

  private void addFrom(Path shard) throws IOException {
    int number = Integer.parseInt(String.valueOf(shard.getFileName()), 16);
    try (DirectoryStream<Path> files = Files.newDirectoryStream(shard)) {
      for (Path file : files) {
        if (!isBlob(file, number)) {
          add(file);
        }
      }
    }
  }

  private static boolean isBlob(Path file, int shard) {
    byte[] name = (String.valueOf(file.getFileName()) + "\0").getBytes(StandardCharsets.ISO_8859_1);
    return BlobNames.isName(name, name.length - 1)
        && BlobNames.shardOf(BlobNames.idOf(name)) == shard;
  }

  private void add(Path stranger) {
    if (found.size() < MOST) {
      found.add(stranger);
    }
  }
}
