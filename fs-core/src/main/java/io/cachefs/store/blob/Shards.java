package io.cachefs.store.blob;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.OpenFlags;
import io.cachefs.sys.FileCalls;
import java.io.Closeable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;

/** The directory of blobs and the 256 in it, all kept open. Thread-safe. */
final class Shards implements Closeable {
  private static final int PRIVATE = 0700;
  private static final int OPEN_DIRECTORY = OpenFlags.DIRECTORY | OpenFlags.NOFOLLOW;

  /** The place of the directory that all others are in, after theirs. */
  private static final int TOP = BlobNames.SHARDS;

  private static final int NONE = -1;

  private final FileCalls calls;
  private final int[] descriptors;
  private final AtomicBoolean closed = new AtomicBoolean();

  private Shards(FileCalls calls, int[] descriptors) {
    this.calls = calls;
    this.descriptors = descriptors;
  }

  /** Opens the directories and makes those that are not there. */
  static Shards open(FileCalls calls, Path directory) throws FsException {
    int[] opened = new int[BlobNames.SHARDS + 1];
    Arrays.fill(opened, NONE);
    Shards shards = new Shards(calls, opened);
    try {
      byte[] path = (directory + "\0").getBytes(StandardCharsets.UTF_8);
      opened[TOP] = openOrMake(calls, FileCalls.CURRENT_DIRECTORY, path);
      for (int shard = 0; shard < BlobNames.SHARDS; shard++) {
        opened[shard] = openOrMake(calls, opened[TOP], BlobNames.shardName(shard));
      }
    } catch (FsException e) {
      shards.close();
      throw e;
    }
    return shards;
  }

  private static int openOrMake(FileCalls calls, int parent, byte[] path) throws FsException {
    try {
      return calls.open(parent, path, OPEN_DIRECTORY, 0);
    } catch (FsException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
    }
    calls.mkdir(parent, path, PRIVATE);
    return calls.open(parent, path, OPEN_DIRECTORY, 0);
  }

  /** Returns the descriptor of the directory that all others are in. */
  int top() {
    return descriptors[TOP];
  }

  /** Returns the descriptor of one of the 256. */
  int descriptor(int shard) {
    return descriptors[shard];
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      for (int descriptor : descriptors) {
        if (descriptor != NONE) {
          calls.close(descriptor);
        }
      }
    }
  }
}
