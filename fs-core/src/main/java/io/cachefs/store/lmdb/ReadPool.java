package io.cachefs.store.lmdb;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.lmdbjava.Env;

/**
 * Read transactions at rest, so that a read neither makes one nor waits. Thread-safe. A thread
 * finds the one it used last where its number says, so threads do not meet.
 */
final class ReadPool {
  private static final int SLOTS = 128;
  private static final long PAUSE_NANOS = 20_000;

  // Given at construction, never changes.
  private final Env<ByteBuffer> env;

  // State. Atomic.
  private final AtomicReferenceArray<@Nullable Reading> slots = new AtomicReferenceArray<>(SLOTS);
  private final AtomicInteger open = new AtomicInteger();
  private final AtomicBoolean closed = new AtomicBoolean();

  ReadPool(Env<ByteBuffer> env) {
    this.env = env;
  }

  /**
   * Begins to read: what is committed now is seen. Ended by {@link #end}.
   *
   * @return null if the pool is closed
   */
  @Nullable Reading begin() {
    int own = slot();
    while (!closed.get()) {
      Reading reading = slots.getAndSet(own, null);
      for (int i = 1; i < SLOTS && reading == null; i++) {
        int other = (own + i) & (SLOTS - 1);
        reading = slots.get(other) == null ? null : slots.getAndSet(other, null);
      }
      if (reading == null) {
        reading = tryToMake();
      }
      if (reading != null) {
        reading.txn.renew();
        return reading;
      }
      // As many threads as LMDB has room for read at this moment; a read takes microseconds.
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    return null;
  }

  private @Nullable Reading tryToMake() {
    if (open.incrementAndGet() > SLOTS) {
      open.decrementAndGet();
      return null;
    }
    if (closed.get()) {
      open.decrementAndGet();
      return null;
    }
    boolean made = false;
    try {
      Reading reading = new Reading(env);
      made = true;
      return reading;
    } finally {
      if (!made) {
        open.decrementAndGet();
      }
    }
  }

  void end(Reading reading) {
    reading.txn.reset();
    int own = slot();
    // There are no more of them than slots.
    for (int i = 0; !slots.compareAndSet((own + i) & (SLOTS - 1), null, reading); i++) {
      Thread.onSpinWait();
    }
  }

  private static int slot() {
    // Numbers of threads are given out one after the other.
    return (int) Thread.currentThread().getId() & (SLOTS - 1);
  }

  /** Waits for those that read and lets nobody begin any more. */
  void close() {
    closed.set(true);
    while (open.get() > 0) {
      for (int i = 0; i < SLOTS; i++) {
        Reading reading = slots.getAndSet(i, null);
        if (reading != null) {
          reading.close();
          open.decrementAndGet();
        }
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }
}
