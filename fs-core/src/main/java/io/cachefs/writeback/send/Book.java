package io.cachefs.writeback.send;

import io.cachefs.base.FsException;
import io.cachefs.writeback.queue.Operation;
import org.jspecify.annotations.Nullable;

/** Who knows what an operation means now, and hears what came of it. Thread-safe. */
public interface Book {
  /**
   * Fixes what is sent; later changes of the same file are further operations.
   *
   * @return null if there is nothing to do any more
   */
  @Nullable Shipment begin(Operation operation) throws FsException;

  /** The operation, and all that was collapsed into it, is at the source. */
  void sent(Operation operation, Shipment shipment, Receipt receipt);

  /** It failed; it stays, and is begun again later. The next fsync or close of its file says so. */
  void failed(Operation operation, FsException why);
}
