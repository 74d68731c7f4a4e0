package io.cachefs.store.blob;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.store.Blob;
import io.cachefs.store.StoreException;
import io.cachefs.sys.Descriptor;
import io.cachefs.sys.FileCalls;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;

/** One opening of a blob; it holds one use of a descriptor that others may use too. */
final class FileBlob implements Blob {
  private static final byte[] SELF = {0};

  /** The unit of {@code st_blocks}, whatever the file system. */
  static final int SECTOR = 512;

  private final FileCalls calls;
  private final long id;
  private final Descriptor descriptor;
  private final AtomicBoolean closed = new AtomicBoolean();

  /** Takes over one use of the descriptor. */
  FileBlob(FileCalls calls, long id, Descriptor descriptor) {
    this.calls = calls;
    this.id = id;
    this.descriptor = descriptor;
  }

  @Override
  public int read(long offset, ByteBuffer target) throws StoreException {
    int start = target.position();
    try {
      while (target.hasRemaining()) {
        int count = calls.read(descriptor.number(), offset + target.position() - start, target);
        if (count == 0) {
          break;
        }
      }
    } catch (FsException e) {
      throw failure("read", e);
    }
    return target.position() - start;
  }

  @Override
  public void write(long offset, ByteBuffer data) throws StoreException {
    int start = data.position();
    try {
      while (data.hasRemaining()) {
        int count = calls.write(descriptor.number(), offset + data.position() - start, data);
        if (count == 0) {
          throw new FsException(Errno.EIO, "nothing was written");
        }
      }
    } catch (FsException e) {
      throw failure("write", e);
    }
  }

  @Override
  public void truncate(long size) throws StoreException {
    try {
      calls.truncate(descriptor.number(), size);
    } catch (FsException e) {
      throw failure("truncate", e);
    }
  }

  @Override
  public long allocatedBytes() throws StoreException {
    try {
      return calls.attributes(descriptor.number(), SELF, FileCalls.EMPTY_PATH).blockCount()
          * SECTOR;
    } catch (FsException e) {
      throw failure("stat", e);
    }
  }

  @Override
  public int descriptor() {
    return descriptor.number();
  }

  private StoreException failure(String what, FsException cause) {
    return new StoreException(what + " of blob " + Long.toHexString(id), cause);
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      descriptor.release();
    }
  }
}
