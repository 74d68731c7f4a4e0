package io.cachefs.cache.data;

import io.cachefs.base.Attributes;
import io.cachefs.base.FsException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Where bytes that are missing come from: one file of the source, opened when it is first needed.
 * Thread-safe. It is used until the {@link ReadAhead} it was given with is closed.
 */
public interface Origin {
  /** Reads once into the direct {@code target}; less than asked only at the end of the file. */
  int read(long offset, ByteBuffer target) throws FsException;

  /** Asks the source for the attributes of the open file, now. */
  Attributes attributes() throws FsException;

  /** Returns what the source said when the file was opened, less than a second ago, or null. */
  default @Nullable Attributes justOpened() {
    return null;
  }

  /** Returns whether a call takes microseconds and cannot hang. */
  boolean isCheap();
}
