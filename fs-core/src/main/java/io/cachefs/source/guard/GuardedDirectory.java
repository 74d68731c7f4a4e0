package io.cachefs.source.guard;

import io.cachefs.base.Attributes;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.source.SourceDirectory;
import io.cachefs.source.guard.Gate.Kind;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * An open directory whose calls have a deadline. Entries are collected by a worker and shown to the
 * visitor by the caller, so that a listing that was given up shows nothing to anybody.
 */
final class GuardedDirectory implements SourceDirectory {
  private final Gate gate;
  private final SourceDirectory inner;
  private final AtomicBoolean closed = new AtomicBoolean();

  /** Listings that workers are at; more than those the caller waits for if some were given up. */
  private final AtomicInteger listings = new AtomicInteger();

  /** Collected and not yet replayed; used by the thread that lists. */
  private @Nullable ListedBatch batch;

  GuardedDirectory(Gate gate, SourceDirectory inner) {
    this.gate = gate;
    this.inner = inner;
  }

  @Override
  public Attributes attributes() throws FsException {
    return gate.read(inner::attributes);
  }

  @Override
  public Attributes attributesAfterListing() throws FsException {
    return gate.read(inner::attributesAfterListing);
  }

  @Override
  public synchronized void list(long cookie, Visitor visitor) throws FsException {
    ListedBatch current = batch;
    if (current == null || cookie == 0 || cookie != current.position() || current.isReplayed()) {
      current = collect(cookie);
    }
    while (current.replay(visitor) && !current.isLast()) {
      current = collect(current.position());
    }
  }

  private ListedBatch collect(long cookie) throws FsException {
    batch = null;
    if (listings.get() > 0) {
      throw new FsException(Errno.EIO, "an earlier listing of the directory is stuck");
    }
    ListedBatch collected =
        gate.read(
            () -> {
              listings.incrementAndGet();
              try {
                ListedBatch fresh = new ListedBatch(cookie);
                inner.list(cookie, fresh);
                return fresh;
              } finally {
                listings.decrementAndGet();
              }
            });
    batch = collected;
    return collected;
  }

  @Override
  public void sync(boolean dataOnly) throws FsException {
    gate.run(Kind.MOVES_MUCH, () -> inner.sync(dataOnly));
  }

  @Override
  public byte[] ioctl(int command, byte[] input, int outputSize) throws FsException {
    return gate.change(() -> inner.ioctl(command, input, outputSize));
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      gate.later(inner::close);
    }
  }
}
