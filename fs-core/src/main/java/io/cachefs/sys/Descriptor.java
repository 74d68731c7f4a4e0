package io.cachefs.sys;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * A descriptor that several threads use and the last one closes. Whoever makes it holds the first
 * use. Thread-safe.
 */
public final class Descriptor {
  private final FileCalls calls;
  private final int number;
  private final AtomicInteger uses = new AtomicInteger(1);

  /** Takes over the descriptor. */
  public Descriptor(FileCalls calls, int number) {
    this.calls = calls;
    this.number = number;
  }

  /** Returns the number, good while the caller holds a use. */
  public int number() {
    return number;
  }

  /** Takes one more use, to be given back with {@link #release}; false if it is closed already. */
  public boolean tryUse() {
    int before = uses.get();
    while (before > 0) {
      if (uses.compareAndSet(before, before + 1)) {
        return true;
      }
      before = uses.get();
    }
    return false;
  }

  /** Gives a use back; the last one closes the descriptor. */
  public void release() {
    int left = uses.decrementAndGet();
    assert left >= 0;
    if (left == 0) {
      calls.close(number);
    }
  }
}
