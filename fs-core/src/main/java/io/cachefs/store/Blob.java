package io.cachefs.store;

import java.io.Closeable;
import java.nio.ByteBuffer;

/** An open blob. Thread-safe, except that nothing may be called after close. */
public interface Blob extends Closeable {
  /** Reads into the direct {@code target}; less than asked only at the end of the blob. */
  int read(long offset, ByteBuffer target) throws StoreException;

  /** Writes all that remains in the direct {@code data}. */
  void write(long offset, ByteBuffer data) throws StoreException;

  /** Sets the length; what is new reads as zeros and takes no space. */
  void truncate(long size) throws StoreException;

  /** Returns the space it takes on the disk. */
  long allocatedBytes() throws StoreException;

  /** Returns the descriptor, for a kernel that reads by itself while this is open. */
  int descriptor();

  @Override
  void close();
}
