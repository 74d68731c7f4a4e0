package io.cachefs.writeback.journal;

import java.util.concurrent.atomic.AtomicLong;

/** A room of so many bytes, which can be asked how many are taken. */
public final class CountedRoom implements Room {
  private final long most;
  private final AtomicLong used = new AtomicLong();

  public CountedRoom(long most) {
    this.most = most;
  }

  /** Returns how many bytes are taken. */
  public long used() {
    return used.get();
  }

  @Override
  public boolean reserve(long bytes) {
    long before = used.get();
    while (before + bytes <= most) {
      if (used.compareAndSet(before, before + bytes)) {
        return true;
      }
      before = used.get();
    }
    return false;
  }

  @Override
  public void count(long bytes) {
    used.addAndGet(bytes);
  }

  @Override
  public void release(long bytes) {
    used.addAndGet(-bytes);
  }
}
