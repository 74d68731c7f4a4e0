package io.cachefs.engine;

import io.cachefs.cache.eviction.Recount;
import io.cachefs.store.StoreException;
import java.io.Closeable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out, in a thread of its own, what a cache that was not closed in order has on the disk.
 * Until that is known, what is kept is used and nothing more is kept. Thread-safe.
 */
final class FirstCount implements Closeable {
  private static final Logger log = LoggerFactory.getLogger(FirstCount.class);

  /** A small cache is counted by then, so that nobody sees it without room. */
  private static final long WAIT_MILLIS = 200;

  private static final long AGAIN_SECONDS = 60;
  private static final long LONGEST_END_MILLIS = 5_000;

  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile boolean done;
  private volatile Recount.@Nullable Result result;
  private volatile @Nullable Recount recount;
  private @Nullable Thread thread;

  /** Says that there is nothing to find out. */
  void skip() {
    done = true;
  }

  void start(Recount work) {
    recount = work;
    thread = new Thread(() -> run(work), "cachefs-recount");
    thread.setDaemon(true);
    thread.start();
    join(thread, WAIT_MILLIS);
  }

  private void run(Recount work) {
    while (!done && ended.getCount() > 0) {
      try {
        Recount.Result found = work.run();
        result = found;
        done = true;
        if (found.orphans() + found.corrected() > 0) {
          log.info(
              "Of {} blobs of a cache that was not closed, {} were removed and {} counted anew",
              found.blobs(),
              found.orphans(),
              found.corrected());
        }
      } catch (StoreException e) {
        log.warn("The blobs cannot be counted, nothing more is cached: {}", e.getMessage());
        pause();
      }
    }
  }

  private void pause() {
    try {
      boolean isOver = ended.await(AGAIN_SECONDS, TimeUnit.SECONDS);
      assert isOver || ended.getCount() > 0;
    } catch (InterruptedException e) {
      ended.countDown();
    }
  }

  /** Returns whether all is known. */
  boolean isDone() {
    return done;
  }

  /** Returns what was found, or null if that is not known yet, or nothing had to be found out. */
  Recount.@Nullable Result result() {
    return result;
  }

  @Override
  public void close() {
    ended.countDown();
    Recount work = recount;
    Thread running = thread;
    if (work != null && running != null) {
      work.stop();
      join(running, LONGEST_END_MILLIS);
    }
  }

  private static void join(Thread thread, long millis) {
    try {
      thread.join(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
