package io.cachefs.cache.data.fetch;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.Closeable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A bounded number of threads for two kinds of work: small files in batches, and parts of large
 * ones. Each kind may fill three quarters of the threads at most, so that neither starves the
 * other. Threads start when there is work. Thread-safe.
 */
public final class FetchPool implements Closeable {
  /** What may be queued of each kind; more is refused, as it would be fetched too late anyway. */
  public static final int QUEUED = 1024;

  private static final Logger log = LoggerFactory.getLogger(FetchPool.class);

  // Given at construction, never changes.
  private final int threads;
  private final int share;
  private final Object lock = new Object();

  // State.

  @GuardedBy("lock")
  private final List<Thread> started = new ArrayList<>();

  @GuardedBy("lock")
  private final Deque<Runnable> small = new ArrayDeque<>();

  @GuardedBy("lock")
  private final Deque<Runnable> large = new ArrayDeque<>();

  @GuardedBy("lock")
  private int smallRunning;

  @GuardedBy("lock")
  private int largeRunning;

  @GuardedBy("lock")
  private int idle;

  @GuardedBy("lock")
  private boolean smallIsNext;

  @GuardedBy("lock")
  private boolean closed;

  public FetchPool(int threads) {
    this.threads = threads;
    this.share = threads == 1 ? 1 : Math.max(1, threads * 3 / 4);
  }

  /** Queues work that brings in one small file; returns false if it is not taken. */
  public boolean submitSmall(Runnable work) {
    synchronized (lock) {
      return submitLocked(small, work);
    }
  }

  /** Queues work that brings in a part of a large file; returns false if it is not taken. */
  public boolean submitLarge(Runnable work) {
    synchronized (lock) {
      return submitLocked(large, work);
    }
  }

  @GuardedBy("lock")
  private boolean submitLocked(Deque<Runnable> queue, Runnable work) {
    if (closed || queue.size() >= QUEUED) {
      return false;
    }
    queue.add(work);
    if (idle > 0) {
      lock.notifyAll();
    } else if (started.size() < threads) {
      Thread thread = new Thread(this::serve, "cachefs-fetch-" + started.size());
      thread.setDaemon(true);
      started.add(thread);
      thread.start();
    }
    return true;
  }

  private void serve() {
    while (true) {
      Runnable work;
      boolean isSmall;
      synchronized (lock) {
        Deque<Runnable> queue = nextLocked();
        while (queue == null && !closed) {
          idle++;
          try {
            lock.wait();
          } catch (InterruptedException stop) {
            return; // Only this class has the thread; nobody interrupts it.
          } finally {
            idle--;
          }
          queue = nextLocked();
        }
        if (queue == null) {
          return;
        }
        work = queue.remove();
        isSmall = queue == small;
        smallIsNext = !isSmall;
        countLocked(isSmall, 1);
      }
      try {
        work.run();
      } catch (RuntimeException | Error bug) {
        log.error("A fetch in the background failed in a way it must not", bug);
      } finally {
        synchronized (lock) {
          countLocked(isSmall, -1);
          lock.notifyAll();
        }
      }
    }
  }

  @GuardedBy("lock")
  private void countLocked(boolean isSmall, int change) {
    if (isSmall) {
      smallRunning += change;
    } else {
      largeRunning += change;
    }
  }

  /** Returns the queue whose turn it is, or null if nothing may run now. */
  @GuardedBy("lock")
  private @Nullable Deque<Runnable> nextLocked() {
    boolean maySmall = !small.isEmpty() && smallRunning < share;
    boolean mayLarge = !large.isEmpty() && largeRunning < share;
    if (maySmall && (smallIsNext || !mayLarge)) {
      return small;
    }
    return mayLarge ? large : null;
  }

  /** Forgets what is queued and waits a moment for what runs. */
  @Override
  public void close() {
    List<Thread> leaving;
    synchronized (lock) {
      closed = true;
      small.clear();
      large.clear();
      lock.notifyAll();
      leaving = List.copyOf(started);
    }
    for (Thread thread : leaving) {
      try {
        thread.join(2_000);
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
