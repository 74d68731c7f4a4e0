package io.cachefs.cache.data;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.Closeable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What happens in the background: the index is told, and blobs are checked slowly. */
final class Upkeep implements Closeable {
  private static final Logger log = LoggerFactory.getLogger(Upkeep.class);
  private static final long STEP_MILLIS = 200;

  // Given at construction, never changes.
  private final DataCache cache;
  private final Parts parts;
  private final Scrubber scrubber;

  // State.
  @GuardedBy("this")
  private @Nullable Thread thread;

  @GuardedBy("this")
  private boolean closed;

  Upkeep(DataCache cache, Parts parts) {
    this.cache = cache;
    this.parts = parts;
    this.scrubber = new Scrubber(cache, parts);
  }

  synchronized void start() {
    if (thread == null && !closed) {
      thread = new Thread(this::loop, "cachefs-data");
      thread.setDaemon(true);
      thread.start();
    }
  }

  private void loop() {
    while (awaitStep()) {
      try {
        run();
      } catch (RuntimeException bug) {
        log.error("The upkeep of contents failed in a way it must not", bug);
      }
    }
  }

  private synchronized boolean awaitStep() {
    try {
      if (!closed) {
        TimeUnit.MILLISECONDS.timedWait(this, STEP_MILLIS);
      }
    } catch (InterruptedException stop) {
      return false; // Only this class has the thread; nobody interrupts it.
    }
    return !closed;
  }

  void run() {
    parts.advancePeriod();
    for (ActiveContent content : cache.inUse()) {
      if (content.publish(false)) {
        parts.listener.changedId(content.file(), content.id());
      }
    }
    scrubber.step();
  }

  @Override
  public void close() {
    Thread running;
    synchronized (this) {
      closed = true;
      running = thread;
      notifyAll();
    }
    try {
      if (running != null) {
        running.join(5_000);
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
