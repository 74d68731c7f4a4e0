package io.cachefs.store;

import java.io.Closeable;
import org.jspecify.annotations.Nullable;

/**
 * Sparse files by content id, in 256 directories. Thread-safe. Descriptors kept open are bounded.
 */
public interface BlobStore extends Closeable {
  /** Makes an empty blob of {@code size}, all of it a hole. An old blob of that id is replaced. */
  Blob create(long id, long size) throws StoreException;

  /** Opens a blob, or returns null if there is none. */
  @Nullable Blob find(long id) throws StoreException;

  /** Returns what the file system says of a blob, or null if there is none of that name. */
  @Nullable Stat stat(long id) throws StoreException;

  /** Removes a blob if it is there; who has it open can go on using it. */
  void remove(long id);

  /** Visits the id and the space of every blob; for checks, as it takes time. */
  void visit(Visitor visitor) throws StoreException;

  /** Returns the free space and the free inodes of the file system, as statfs(2) has them. */
  Free free() throws StoreException;

  @Override
  void close();

  /** Receives blobs. */
  interface Visitor {
    void blob(long id, long sizeBytes, long allocatedBytes);
  }

  /** The length of a blob, and the space it takes. */
  record Stat(long sizeBytes, long allocatedBytes) {}

  /** What a file system has left for whoever writes there, and its totals. */
  record Free(long bytes, long inodes, long totalBytes, long totalInodes) {}
}
