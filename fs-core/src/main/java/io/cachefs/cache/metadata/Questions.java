package io.cachefs.cache.metadata;

import java.util.concurrent.atomic.AtomicLong;

/** Numbers what is asked of the source. Thread-safe. */
public final class Questions {
  private final AtomicLong last = new AtomicLong();

  /** Returns the number of a question that is about to be asked. */
  public long next() {
    return last.incrementAndGet();
  }

  /** Returns the number given last. */
  public long last() {
    return last.get();
  }
}
