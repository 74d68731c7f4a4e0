package io.cachefs.fuse.kernel.device;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.fuse.kernel.dispatch.InFlight.WaitingRequests;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Requests that were read while every thread was busy. Thread-safe, first in, first out.
 *
 * <p>It exists so that one thread can go on reading when all others are stuck in a slow source:
 * interrupts and forgets come through the same device. When it is full, reading stops until a
 * thread is free; the kernel then keeps further requests.
 */
final class Backlog implements WaitingRequests {
  static final int MAX_REQUESTS = 256;
  static final long MAX_BYTES = 16L << 20;

  /** Where the number of a request is, {@code fuse_in_header.unique}. */
  private static final int UNIQUE = 8;

  /** Where the thread that waits for it is, {@code fuse_in_header.pid}. */
  private static final int CALLER = 32;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition room = lock.newCondition();

  @GuardedBy("lock")
  private final Deque<ByteBuffer> requests = new ArrayDeque<>();

  @GuardedBy("lock")
  private long bytes;

  @GuardedBy("lock")
  private boolean closed;

  /** So that the usual case, nothing waits, costs no lock. */
  private volatile int count;

  /** Keeps a copy of the request at the start of {@code memory}; waits for room. */
  void add(ByteBuffer memory, int length) throws InterruptedException {
    byte[] copy = new byte[length];
    memory.get(0, copy);
    ByteBuffer request = ByteBuffer.wrap(copy).order(memory.order());
    lock.lock();
    try {
      while (!closed && (requests.size() >= MAX_REQUESTS || bytes >= MAX_BYTES)) {
        room.await();
      }
      if (closed) {
        return;
      }
      requests.add(request);
      bytes += length;
      count = requests.size();
    } finally {
      lock.unlock();
    }
  }

  boolean isEmpty() {
    return count == 0;
  }

  /** Moves the oldest request to the start of {@code memory}; returns its length, or -1. */
  int poll(ByteBuffer memory) {
    if (count == 0) {
      return -1;
    }
    ByteBuffer request = remove();
    if (request == null) {
      return -1;
    }
    memory.put(0, request, 0, request.capacity());
    return request.capacity();
  }

  private @Nullable ByteBuffer remove() {
    lock.lock();
    try {
      ByteBuffer request = requests.poll();
      if (request != null) {
        removedLocked(request);
      }
      return request;
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void removedLocked(ByteBuffer request) {
    bytes -= request.capacity();
    count = requests.size();
    room.signal();
  }

  @Override
  public int callerOf(long unique) {
    if (count == 0) {
      return NOBODY;
    }
    lock.lock();
    try {
      for (ByteBuffer request : requests) {
        if (request.getLong(UNIQUE) == unique) {
          return request.getInt(CALLER);
        }
      }
      return NOBODY;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean withdraw(long unique) {
    if (count == 0) {
      return false;
    }
    lock.lock();
    try {
      for (Iterator<ByteBuffer> each = requests.iterator(); each.hasNext(); ) {
        ByteBuffer request = each.next();
        if (request.getLong(UNIQUE) == unique) {
          each.remove();
          removedLocked(request);
          return true;
        }
      }
      return false;
    } finally {
      lock.unlock();
    }
  }

  /** Drops all, now and from now on: nobody waits for answers any more. */
  void close() {
    lock.lock();
    try {
      closed = true;
      requests.clear();
      bytes = 0;
      count = 0;
      room.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
