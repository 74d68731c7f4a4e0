package io.cachefs.cache.files;

import io.cachefs.base.Attributes;
import io.cachefs.base.FsException;
import io.cachefs.base.Passthrough;
import io.cachefs.source.SourceFile;
import io.cachefs.source.SourceNode;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * An open file that is not read from the cache: it may be written, or is not to be cached. What was
 * known of the file's content ends with the first change.
 */
final class InnerFile implements SourceFile {
  private final OpenFiles files;
  private final CachedNode node;
  private final SourceFile inner;
  private final boolean writing;
  private final AtomicBoolean changed = new AtomicBoolean();
  private final AtomicBoolean closed = new AtomicBoolean();

  /** Takes over {@code inner}; {@code writing} is counted as a writer of the node already. */
  InnerFile(OpenFiles files, CachedNode node, SourceFile inner, boolean writing) {
    this.files = files;
    this.node = node;
    this.inner = inner;
    this.writing = writing;
  }

  SourceFile inner() {
    return inner;
  }

  @Override
  public void belongTo(SourceNode known) {
    SourceNode own = ((CachedNode) known).innerOrNull();
    if (own != null) {
      inner.belongTo(own);
    }
  }

  @Override
  public Attributes attributes() throws FsException {
    return files.attributesOfOpen(node, inner);
  }

  @Override
  public int read(long offset, ByteBuffer target) throws FsException {
    return inner.read(offset, target);
  }

  /** Called before each change: nothing known of the content is used from the first one on. */
  private void changing() {
    if (!changed.get() && changed.compareAndSet(false, true)) {
      files.contentChanges(node);
    }
  }

  @Override
  public int write(long offset, ByteBuffer data) throws FsException {
    changing();
    KernelReaders kernels = node.kernelReaders();
    if (kernels == null) {
      return inner.write(offset, data);
    }
    ByteBuffer written = data.duplicate();
    int count = inner.write(offset, data);
    kernels.written(offset, written.limit(written.position() + count));
    return count;
  }

  @Override
  public void truncate(long size) throws FsException {
    changing();
    inner.truncate(size);
    files.truncated(node, size);
  }

  /** Writes to the file what a kernel wrote to the blob it reads, through a mapping. */
  private void writeBack() throws FsException {
    KernelReaders kernels = node.kernelReaders();
    if (writing && changed.get() && kernels != null) {
      kernels.writeBack(inner);
    }
  }

  @Override
  public void flush() throws FsException {
    writeBack();
    inner.flush();
  }

  @Override
  public void sync(boolean dataOnly) throws FsException {
    writeBack();
    inner.sync(dataOnly);
  }

  @Override
  public void allocate(int mode, long offset, long length) throws FsException {
    changing();
    inner.allocate(mode, offset, length);
    files.followed(node, inner);
  }

  @Override
  public long seek(long offset, int whence) throws FsException {
    return inner.seek(offset, whence);
  }

  @Override
  public long copyTo(long offset, SourceFile target, long targetOffset, long length)
      throws FsException {
    return files.copy(inner, offset, target, targetOffset, length);
  }

  /** As {@link #copyTo}, as the target. */
  long copyFrom(SourceFile source, long offset, long targetOffset, long length) throws FsException {
    changing();
    long count = source.copyTo(offset, inner, targetOffset, length);
    KernelReaders kernels = node.kernelReaders();
    if (kernels != null) {
      kernels.copy(inner, targetOffset, count);
    }
    return count;
  }

  @Override
  public byte[] ioctl(int command, byte[] input, int outputSize) throws FsException {
    return files.ioctl(node, inner, command, input, outputSize);
  }

  @Override
  public @Nullable Passthrough passthrough() {
    return inner.passthrough();
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      inner.close();
      if (writing) {
        files.writerClosed(node);
      }
    }
  }
}
