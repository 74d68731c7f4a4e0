package io.cachefs.writeback.journal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Commits and cleans now and then, in a thread of its own. Thread-safe. */
final class Upkeep {
  private final Journal journal;
  private final long everyNanos;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  @GuardedBy("lock")
  private boolean woken;

  @GuardedBy("lock")
  private boolean stopped;

  @GuardedBy("lock")
  private @Nullable Thread thread;

  Upkeep(Journal journal, Duration every) {
    this.journal = journal;
    everyNanos = every.toNanos();
  }

  /** Starts the thread, unless there is to be none. */
  void start() {
    if (everyNanos > 0) {
      Thread started = new Thread(this::run, "cachefs-journal");
      started.setDaemon(true);
      lock.lock();
      try {
        thread = started;
      } finally {
        lock.unlock();
      }
      started.start();
    }
  }

  /** Says that something can be cleaned. */
  void wake() {
    lock.lock();
    try {
      woken = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Ends the thread and waits for it. */
  void stop() {
    Thread running;
    lock.lock();
    try {
      stopped = true;
      running = thread;
      thread = null;
      changed.signal();
    } finally {
      lock.unlock();
    }
    boolean interrupted = false;
    while (running != null && running.isAlive()) {
      try {
        running.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    while (pause()) {
      try {
        journal.commit(journal.lastSequence());
        boolean unused = journal.clean();
      } catch (JournalException e) {
        journal.noteError(e);
      }
    }
  }

  /** Waits for the next time; false at the end. */
  private boolean pause() {
    lock.lock();
    try {
      long left = everyNanos;
      while (!stopped && !woken && left > 0) {
        left = changed.awaitNanos(left);
      }
      woken = false;
      return !stopped;
    } catch (InterruptedException e) {
      return false;
    } finally {
      lock.unlock();
    }
  }
}
