package io.cachefs.cache.budget;

import java.util.concurrent.atomic.AtomicLong;

/**
 * A sum with a limit. What is taken by {@link #tryTake} never makes it exceed the limit, whichever
 * threads take and give back. Thread-safe.
 */
final class Account {
  private final AtomicLong used = new AtomicLong();
  private volatile long limit;

  Account(long limit) {
    this.limit = limit;
  }

  boolean tryTake(long amount) {
    long before = used.get();
    // Nothing is given even when the limit was lowered below what is used.
    while (amount == 0 || before + amount <= limit) {
      if (used.compareAndSet(before, before + amount)) {
        return true;
      }
      before = used.get();
    }
    return false;
  }

  /** Adds what is there already, whatever the limit. */
  void add(long amount) {
    used.addAndGet(amount);
  }

  void giveBack(long amount) {
    long left = used.addAndGet(-amount);
    assert left >= 0 : "more was given back than was taken: " + left;
  }

  long used() {
    return used.get();
  }

  long limit() {
    return limit;
  }

  void limit(long newLimit) {
    limit = newLimit;
  }
}
