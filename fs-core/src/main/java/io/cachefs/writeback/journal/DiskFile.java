package io.cachefs.writeback.journal;

import io.cachefs.base.FsException;
import java.nio.ByteBuffer;

/** An open file of a {@link Disk}. Thread-safe; buffers are direct. */
public interface DiskFile {
  /** Reads until the target is full or the file ends; returns how many bytes, 0 at the end. */
  int read(long offset, ByteBuffer target) throws FsException;

  /** Writes all that remains in the buffer, by one call unless the system takes less. */
  void write(long offset, ByteBuffer data) throws FsException;

  /** After this, what was written before it began survives a power cut. */
  void sync() throws FsException;

  long size() throws FsException;

  void truncate(long size) throws FsException;

  /** Closes; nothing is synced. */
  void close();
}
