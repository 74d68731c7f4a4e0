package io.cachefs.cache.files;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.Attributes;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.cache.data.Origin;
import io.cachefs.source.Source;
import io.cachefs.source.SourceFile;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The source's file behind a cached one, opened when it is first needed. Thread-safe. */
final class LazyOrigin implements Origin {
  private static final long JUST_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final OpenFiles files;
  private final CachedNode node;
  private final boolean cheap;

  @GuardedBy("this")
  private @Nullable SourceFile file;

  @GuardedBy("this")
  private @Nullable Attributes openedAs;

  @GuardedBy("this")
  private long openedAtNanos;

  @GuardedBy("this")
  private boolean closed;

  LazyOrigin(OpenFiles files, CachedNode node, boolean cheap) {
    this.files = files;
    this.node = node;
    this.cheap = cheap;
  }

  /** Returns the open file. */
  SourceFile file() throws FsException {
    synchronized (this) {
      if (closed) {
        throw new FsException(Errno.EBADF);
      }
      if (file != null) {
        return file;
      }
    }
    long now = files.nanos();
    Source.Opened opened = files.openToRead(node);
    synchronized (this) {
      if (file == null && !closed) {
        file = opened.file();
        openedAs = opened.attributes();
        openedAtNanos = now;
        return opened.file();
      }
    }
    // Another was first.
    opened.file().close();
    return file();
  }

  synchronized boolean isOpen() {
    return file != null;
  }

  @Override
  public int read(long offset, ByteBuffer target) throws FsException {
    return file().read(offset, target);
  }

  @Override
  public Attributes attributes() throws FsException {
    return file().attributes();
  }

  @Override
  public synchronized @Nullable Attributes justOpened() {
    return files.nanos() - openedAtNanos < JUST_NANOS ? openedAs : null;
  }

  @Override
  public boolean isCheap() {
    return cheap;
  }

  void close() {
    SourceFile open;
    synchronized (this) {
      closed = true;
      open = file;
      file = null;
    }
    if (open != null) {
      open.close();
    }
  }
}
