package io.cachefs.cache.data;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.cache.data.block.Blocks;
import io.cachefs.cache.data.fetch.BufferPool;
import io.cachefs.store.BlockGroup;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** One pass over a file that brings all of it in, by the caller and helpers of the pool. */
final class Fill {
  private static final int STEP = BufferPool.LARGE / BlockGroup.BLOCK_SIZE;

  // Given at construction, never changes.
  private final Parts parts;
  private final Fetcher fetcher;
  private final ActiveContent content;
  private final long blocks;

  // State.
  private final AtomicLong next = new AtomicLong();

  @GuardedBy("this")
  private boolean finished;

  @GuardedBy("this")
  private int helping;

  @GuardedBy("this")
  private @Nullable FsException failure;

  Fill(Parts parts, Fetcher fetcher, ActiveContent content, long size) {
    this.parts = parts;
    this.fetcher = fetcher;
    this.content = content;
    this.blocks = Blocks.count(size);
  }

  void run(Origin origin) throws FsException {
    long steps = (blocks + STEP - 1) / STEP;
    long helpers = origin.isCheap() ? 1 : parts.settings.streams();
    for (long i = 0; i < Math.min(helpers, steps - 1); i++) {
      if (!parts.pool.submitLarge(() -> help(origin))) {
        break;
      }
    }
    try {
      work(origin);
    } finally {
      // The origin may be closed after this, so nobody may use it any more.
      awaitHelpers();
    }
    synchronized (this) {
      if (failure != null) {
        throw failure;
      }
    }
  }

  private void help(Origin origin) {
    synchronized (this) {
      if (finished) {
        return;
      }
      helping++;
    }
    try {
      work(origin);
    } catch (FsException e) {
      next.set(blocks);
      synchronized (this) {
        failure = e;
      }
    } finally {
      synchronized (this) {
        helping--;
        notifyAll();
      }
    }
  }

  private void work(Origin origin) throws FsException {
    for (long first = next.getAndAdd(STEP);
        first < blocks && !content.isDead();
        first = next.getAndAdd(STEP)) {
      fetcher.fetch(first, Math.min(blocks, first + STEP) - 1, origin);
    }
  }

  private synchronized void awaitHelpers() throws FsException {
    finished = true;
    boolean interrupted = false;
    while (helping > 0) {
      try {
        wait();
      } catch (InterruptedException e) {
        // Not now: helpers still use the caller's origin.
        next.set(blocks);
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
      throw new FsException(Errno.EINTR, "interrupted while a file was fetched");
    }
  }
}
