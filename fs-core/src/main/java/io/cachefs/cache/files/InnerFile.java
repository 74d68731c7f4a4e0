package io.cachefs.cache.files;

import io.cachefs.base.Attributes;
import io.cachefs.base.FsException;
import io.cachefs.base.OpenFlags;
import io.cachefs.base.Passthrough;
import io.cachefs.cache.data.Draft;
import io.cachefs.source.SourceFile;
import io.cachefs.source.SourceNode;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * An open file that is not read from the cache: it may be written, or is not to be cached. What was
 * known of the file's content ends with the first change; what is written from then on may be kept.
 */
final class InnerFile implements SourceFile {
  /** {@code FALLOC_FL_KEEP_SIZE} of {@code linux/falloc.h}: nothing but space changes. */
  private static final int KEEP_SIZE = 1;

  private final OpenFiles files;
  private final Writers writers;
  private final CachedNode node;
  private final SourceFile inner;
  private final boolean writing;
  private final boolean appending;
  private final AtomicBoolean changed = new AtomicBoolean();
  private final AtomicBoolean closed = new AtomicBoolean();

  /** What was written since the file was empty, or null if that is not to be kept. */
  private volatile @Nullable Draft draft;

  /** Whether the source may have failed, or not even begun, to take the last change. */
  private volatile boolean unflushed;

  /**
   * Takes over {@code inner}; {@code writing} is counted as a writer of the node already.
   *
   * @param flags it was opened with
   * @param draft for what is written, or null if that is not to be kept
   */
  InnerFile(
      OpenFiles files,
      Writers writers,
      CachedNode node,
      SourceFile inner,
      boolean writing,
      int flags,
      @Nullable Draft draft) {
    this.files = files;
    this.node = node;
    this.inner = inner;
    this.writing = writing;
    this.appending = (flags & OpenFlags.APPEND) != 0;
    this.writers = writers;
    this.draft = draft;
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
    unflushed = true;
    if (!changed.get() && changed.compareAndSet(false, true)) {
      files.contentChanges(node);
    }
  }

  @Override
  public int write(long offset, ByteBuffer data) throws FsException {
    changing();
    KernelReaders kernels = node.kernelReaders();
    Draft written = draft();
    if (kernels == null && written == null) {
      return inner.write(offset, data);
    }
    ByteBuffer bytes = data.duplicate();
    int count = written == null ? inner.write(offset, data) : write(offset, data, written);
    if (kernels != null) {
      kernels.written(offset, bytes.limit(bytes.position() + count));
    }
    return count;
  }

  private int write(long offset, ByteBuffer data, Draft written) throws FsException {
    if (appending && offset != written.size()) {
      // The source chooses the place by itself.
      written.abandon();
    }
    ByteBuffer bytes = data.duplicate();
    boolean done = false;
    written.begin(offset, bytes.remaining());
    try {
      int count = inner.write(offset, data);
      if (count == bytes.remaining()) {
        written.wrote(offset, bytes);
        done = true;
      }
      return count;
    } finally {
      if (!done) {
        // What a failed write has left at the source is not known.
        written.abandon();
      }
    }
  }

  private @Nullable Draft draft() {
    Draft written = draft;
    return written == null || written.isOver() ? null : written;
  }

  /** Ends what is kept before a change whose result is not known. */
  private void keepNoMore() {
    Draft written = draft;
    if (written != null) {
      written.abandon();
    }
  }

  @Override
  public void truncate(long size) throws FsException {
    changing();
    Draft written = draft();
    boolean done = false;
    try {
      inner.truncate(size);
      done = true;
    } finally {
      if (!done) {
        keepNoMore();
      }
    }
    if (size == 0) {
      draft = writers.draftOfEmpty(node);
    } else if (written != null) {
      written.resize(size);
    }
    files.truncated(node, size);
  }

  /** Writes to the file what a kernel wrote to the blob it reads, through a mapping. */
  private void writeBack() throws FsException {
    KernelReaders kernels = node.kernelReaders();
    if (writing && changed.get() && kernels != null) {
      keepNoMore();
      kernels.writeBack(inner);
    }
  }

  @Override
  public void flush() throws FsException {
    writeBack();
    unflushed = false;
    boolean done = false;
    try {
      inner.flush();
      done = true;
    } finally {
      if (!done) {
        keepNoMore();
      }
    }
  }

  @Override
  public void sync(boolean dataOnly) throws FsException {
    writeBack();
    inner.sync(dataOnly);
  }

  @Override
  public void allocate(int mode, long offset, long length) throws FsException {
    changing();
    Draft written = draft();
    if (mode != 0 && mode != KEEP_SIZE) {
      keepNoMore();
    }
    inner.allocate(mode, offset, length);
    if (written != null && mode == 0) {
      written.grow(offset + length);
    }
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
    keepNoMore();
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
    Passthrough given = inner.passthrough();
    if (given != null && writing) {
      // The kernel will write without asking.
      keepNoMore();
    }
    return given;
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    Draft written = draft;
    if (unflushed) {
      keepNoMore();
    }
    if (written != null && !written.isOver()) {
      // Asked while the file is open: it may have no name any more.
      writers.closed(node, inner, written);
      inner.close();
      return;
    }
    inner.close();
    if (writing) {
      writers.closed(node, inner, written);
    }
  }
}
