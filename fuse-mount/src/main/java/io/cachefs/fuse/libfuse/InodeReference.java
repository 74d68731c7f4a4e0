package io.cachefs.fuse.libfuse;

import io.cachefs.vfs.Vfs;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One reference to an inode, shared by those who hold it; the last one to close it gives it back
 * with {@link Vfs#forget}. Thread-safe.
 */
final class InodeReference implements AutoCloseable {
  private final Vfs vfs;
  private final long inodeId;
  private final boolean isDirectory;
  private final AtomicInteger holders = new AtomicInteger(1);

  InodeReference(Vfs vfs, long inodeId, boolean isDirectory) {
    this.vfs = vfs;
    this.inodeId = inodeId;
    this.isDirectory = isDirectory;
  }

  long inodeId() {
    return inodeId;
  }

  boolean isDirectory() {
    return isDirectory;
  }

  /** Adds a holder. Only for a caller that knows of one who cannot close meanwhile. */
  InodeReference retain() {
    int before = holders.getAndIncrement();
    assert before > 0 : "retained after it was given back";
    return this;
  }

  @Override
  public void close() {
    int left = holders.decrementAndGet();
    assert left >= 0 : "closed more often than held";
    if (left == 0) {
      vfs.forget(inodeId, 1);
    }
  }
}
