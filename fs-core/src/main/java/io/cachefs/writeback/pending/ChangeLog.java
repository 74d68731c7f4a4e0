package io.cachefs.writeback.pending;

import io.cachefs.base.FsException;
import io.cachefs.writeback.journal.Place;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Keeps the records of changes, and the bytes of files in them, over the end of the process.
 * Thread-safe; records are in the order in which appending them returned.
 */
public interface ChangeLog {
  /** The most bytes of a file in one record. */
  int MAX_PAYLOAD = 128 * 1024;

  /** Adds a record without bytes of a file. */
  Place append(int kind, byte[] head) throws FsException;

  /**
   * Adds a record for each head: the first with the first {@link #MAX_PAYLOAD} bytes, and so on.
   */
  List<Place> appendData(int kind, List<byte[]> heads, ByteBuffer payload) throws FsException;

  /** Returns when all records up to this one survive a power cut. */
  void commit(long sequence) throws FsException;

  /** Returns the sequence of the last record. */
  long lastSequence();

  /**
   * Reads bytes of a record's payload.
   *
   * @return false if the record is not at that spot any more, because it was released or moved
   */
  boolean read(Place spot, int from, ByteBuffer target) throws FsException;

  /**
   * The record is of no use any more. It may be applied again after a crash, together with all that
   * is released after it; what is released before it may be gone.
   */
  void release(Place spot);

  /** What was released is not to be applied again. */
  default void end() {}
}
