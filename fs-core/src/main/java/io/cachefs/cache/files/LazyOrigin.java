package io.cachefs.cache.files;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.Attributes;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.cache.data.Origin;
import io.cachefs.source.Source;
import io.cachefs.source.SourceDownException;
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
  private boolean everOpen;

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
        everOpen = true;
        openedAs = opened.attributes();
        openedAtNanos = now;
        return opened.file();
      }
    }
    // Another was first.
    opened.file().close();
    return file();
  }

  /**
   * Returns whether something may have been read from the source's file, also if that was given up
   * since because the source went away.
   */
  synchronized boolean wasOpen() {
    return everOpen;
  }

  @Override
  public int read(long offset, ByteBuffer target) throws FsException {
    int start = target.position();
    return again(file -> file.read(offset, target.position(start)));
  }

  @Override
  public Attributes attributes() throws FsException {
    return again(SourceFile::attributes);
  }

  /** A call on the open file. */
  private interface Call<T> {
    T on(SourceFile file) throws FsException;
  }

  /**
   * Makes a call; a file of a source that went away does not come back with it, so it is opened
   * anew.
   */
  private <T> T again(Call<T> call) throws FsException {
    SourceFile used = file();
    try {
      return call.on(used);
    } catch (SourceDownException e) {
      if (!forget(used) || files.isSourceDown()) {
        throw e;
      }
    }
    return call.on(file());
  }

  /** Closes a file that is of no use any more; returns false if another did. */
  private boolean forget(SourceFile used) {
    synchronized (this) {
      if (file != used) {
        return false;
      }
      file = null;
      openedAs = null;
    }
    used.close();
    return true;
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
