package io.cachefs.cache.files;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.Attributes;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Passthrough;
import io.cachefs.cache.data.ReadAhead;
import io.cachefs.source.SourceFile;
import io.cachefs.source.SourceNode;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A file opened for reading. It reads the content of the version that is known at each moment, so a
 * change at the source shows as soon as it is known. The source's file is opened when something of
 * it is missing.
 */
final class CachedFile implements SourceFile {
  private static final int SEEK_DATA = 3;
  private static final int SEEK_HOLE = 4;

  /** The unit of {@link Attributes#blockCount}. */
  private static final int BLOCK = 512;

  private final OpenFiles files;
  private final CachedNode node;
  private final LazyOrigin origin;
  private final ReadAhead ahead;

  @GuardedBy("this")
  private @Nullable ContentUse use;

  /** What a kernel reads by itself. */
  @GuardedBy("this")
  private @Nullable ContentUse given;

  @GuardedBy("this")
  private boolean closed;

  CachedFile(OpenFiles files, CachedNode node, LazyOrigin origin, ReadAhead ahead) {
    this.files = files;
    this.node = node;
    this.origin = origin;
    this.ahead = ahead;
  }

  @Override
  public void belongTo(SourceNode known) {}

  @Override
  public Attributes attributes() throws FsException {
    return files.current(node);
  }

  @Override
  public int read(long offset, ByteBuffer target) throws FsException {
    if (node.isOpenForWriting()) {
      return origin.read(offset, target);
    }
    ContentUse content = use();
    try {
      return content.content().read(offset, target, origin, ahead);
    } finally {
      content.release();
    }
  }

  /** Returns the content of the version known now, with one use for the caller. */
  private synchronized ContentUse use() throws FsException {
    if (closed) {
      throw new FsException(Errno.EBADF);
    }
    ContentUse last = use;
    if (last == null || !last.isCurrent()) {
      if (last != null) {
        last.release();
      }
      last = files.content(node, origin);
      use = last;
    }
    last.take();
    return last;
  }

  @Override
  public int write(long offset, ByteBuffer data) throws FsException {
    throw readOnly();
  }

  private static FsException readOnly() {
    return new FsException(Errno.EBADF, "not open for writing");
  }

  @Override
  public void truncate(long size) throws FsException {
    throw readOnly();
  }

  @Override
  public void flush() {}

  @Override
  public void sync(boolean dataOnly) throws FsException {
    origin.file().sync(dataOnly);
  }

  @Override
  public void allocate(int mode, long offset, long length) throws FsException {
    throw readOnly();
  }

  @Override
  public long seek(long offset, int whence) throws FsException {
    Attributes now = files.current(node);
    boolean sparse = now.blockCount() < (now.size() + BLOCK - 1) / BLOCK;
    boolean aboutHoles = whence == SEEK_DATA || whence == SEEK_HOLE;
    if (sparse || !aboutHoles || node.isOpenForWriting()) {
      return origin.file().seek(offset, whence);
    }
    if (offset < 0 || offset >= now.size()) {
      throw new FsException(Errno.ENXIO);
    }
    return whence == SEEK_DATA ? offset : now.size();
  }

  @Override
  public long copyTo(long offset, SourceFile target, long targetOffset, long length)
      throws FsException {
    return files.copy(origin.file(), offset, target, targetOffset, length);
  }

  @Override
  public byte[] ioctl(int command, byte[] input, int outputSize) throws FsException {
    return files.ioctl(node, origin.file(), command, input, outputSize);
  }

  @Override
  public @Nullable Passthrough passthrough() {
    if (node.isOpenForWriting()) {
      return null;
    }
    try {
      ContentUse content = use();
      Passthrough given = content.content().passthrough();
      if (given == null || !giveToKernel(content)) {
        content.release();
        return null;
      }
      // A change that came in between did not find this reader.
      return content.isCurrent() && !node.isOpenForWriting() ? given : null;
    } catch (FsException e) {
      return null;
    }
  }

  /** Takes over a use, until this is closed; false if there is one already. */
  private synchronized boolean giveToKernel(ContentUse content) {
    if (closed || given != null) {
      return false;
    }
    given = content;
    node.addKernelReader(content);
    return true;
  }

  @Override
  public void close() {
    ContentUse last;
    ContentUse kernels;
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      last = use;
      use = null;
      kernels = given;
    }
    // Read-ahead uses the content and the origin until it is stopped; the content confirms what was
    // read from the origin while that is open.
    try {
      ahead.close();
      if (kernels != null) {
        node.endKernelReader(kernels);
      }
      if (last != null) {
        last.release();
      }
    } finally {
      origin.close();
    }
  }
}
