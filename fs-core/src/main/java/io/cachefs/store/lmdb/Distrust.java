package io.cachefs.store.lmdb;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Which records may be outdated because later changes were lost: those of an earlier epoch. A file
 * tells it to the next opening until the epoch itself is on the disk. Thread-safe.
 */
final class Distrust {
  private static final String MARK = "distrust";

  private final Path mark;
  private volatile long epoch;
  private volatile boolean marked;

  /** Goes on with an epoch, or with the next one if records up to now may be outdated. */
  Distrust(Path directory, long lastEpoch, boolean outdated) {
    mark = directory.resolve(MARK);
    marked = Files.exists(mark);
    epoch = outdated || marked ? lastEpoch + 1 : lastEpoch;
  }

  long epoch() {
    return epoch;
  }

  /** Called by the writer only. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // There is one writer.
  void everythingSoFar() {
    epoch++;
    marked = true;
    try {
      Files.createFile(mark);
    } catch (FileAlreadyExistsException e) {
      // That is enough.
      assert marked;
    } catch (IOException e) {
      // The disk has failed already; the mark is for the case that it has not failed altogether.
      assert e.getMessage() != null;
    }
  }

  /** The epoch is on the disk. */
  void written() {
    if (!marked) {
      return;
    }
    try {
      Files.deleteIfExists(mark);
      marked = false;
    } catch (IOException e) {
      // It stays: the next opening asks more often than it must.
      assert e.getMessage() != null;
    }
  }
}
