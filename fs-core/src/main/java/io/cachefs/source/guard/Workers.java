package io.cachefs.source.guard;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.FsException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A bounded number of daemon threads that make calls. The one that was idle last is used first, so
 * that few are warm and the others end. Thread-safe.
 */
final class Workers {
  private static final long IDLE_NANOS = 30_000_000_000L;

  /** The least that a worker takes for itself at once. */
  private static final int LEAST_SCRATCH = 4096;

  private static final ByteBuffer NO_SCRATCH = ByteBuffer.allocateDirect(0);

  private final String name;
  private final int limit;
  private final LongSupplier nanos;
  private final Call.Observer observer;
  private final Runnable cameBack;
  private final ReentrantLock lock = new ReentrantLock();

  // A worker is idle, or has a call. A call waits in the queue only while no worker is idle.

  @GuardedBy("lock")
  private final Deque<Worker> idle = new ArrayDeque<>();

  @GuardedBy("lock")
  private final Deque<Call<?>> queue = new ArrayDeque<>();

  @GuardedBy("lock")
  private int threads;

  @GuardedBy("lock")
  private int stuck;

  @GuardedBy("lock")
  private int started;

  /** Written under the lock. */
  private volatile boolean closed;

  /**
   * @param observer learns how each call ended
   * @param cameBack is told when a call that was stuck is not any more
   */
  Workers(String name, int limit, LongSupplier nanos, Call.Observer observer, Runnable cameBack) {
    this.name = name;
    this.limit = limit;
    this.nanos = nanos;
    this.observer = observer;
    this.cameBack = cameBack;
  }

  /** Has the call made as soon as a thread is free; returns false if none will ever be. */
  boolean submit(Call<?> call, boolean evenIfAllAreStuck) {
    Worker free;
    Worker fresh = null;
    lock.lock();
    try {
      if (closed || (stuck == limit && !evenIfAllAreStuck)) {
        return false;
      }
      free = idle.poll();
      if (free != null) {
        free.next = call;
      } else if (threads < limit) {
        threads++;
        fresh = new Worker(name + "-" + ++started, call);
      } else {
        queue.add(call);
      }
    } finally {
      lock.unlock();
    }
    if (free != null) {
      LockSupport.unpark(free.thread);
    } else if (fresh != null) {
      start(fresh);
    }
    return true;
  }

  private void start(Worker fresh) {
    boolean running = false;
    try {
      fresh.thread.start();
      running = true;
    } finally {
      if (!running) {
        lock.lock();
        try {
          threads--;
        } finally {
          lock.unlock();
        }
      }
    }
  }

  /** Notes that the deadline of a call passed; if a thread is at it, that one is stuck. */
  void passedDeadline(Call<?> call) {
    lock.lock();
    try {
      if (!call.isQueued() && !call.finished && !call.stuck) {
        call.stuck = true;
        stuck++;
      }
    } finally {
      lock.unlock();
    }
  }

  /** Forgets a call whose caller has left, if nobody has begun with it. */
  void forget(Call<?> call) {
    lock.lock();
    try {
      if (queue.remove(call)) {
        call.finished = true;
      }
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Call<?> after(Worker worker, Call<?> done) {
    boolean wasStuck;
    Call<?> next;
    lock.lock();
    try {
      done.finished = true;
      wasStuck = done.stuck;
      if (wasStuck) {
        stuck--;
      }
      next = queue.poll();
      if (next == null) {
        idle.push(worker);
      }
    } finally {
      lock.unlock();
    }
    if (wasStuck) {
      cameBack.run();
    }
    return next;
  }

  /** Ends a worker that was idle for long, or that is not needed any more. */
  private boolean retire(Worker worker) {
    lock.lock();
    try {
      boolean wasIdle = idle.remove(worker);
      if (wasIdle) {
        threads--;
      }
      return wasIdle;
    } finally {
      lock.unlock();
    }
  }

  /** Accepts no more calls; threads end when what they were given is done. */
  void close() {
    Deque<Worker> resting;
    lock.lock();
    try {
      closed = true;
      resting = new ArrayDeque<>(idle);
    } finally {
      lock.unlock();
    }
    resting.forEach(worker -> LockSupport.unpark(worker.thread));
  }

  /** Returns how many calls are under way or wait for a thread. */
  int inFlight() {
    lock.lock();
    try {
      return threads - idle.size() + queue.size();
    } finally {
      lock.unlock();
    }
  }

  /** Returns how many calls under way have passed their deadline. */
  int stuck() {
    lock.lock();
    try {
      return stuck;
    } finally {
      lock.unlock();
    }
  }

  int threads() {
    lock.lock();
    try {
      return threads;
    } finally {
      lock.unlock();
    }
  }

  /** Throws unless what is counted fits together. */
  void checkInvariants() {
    lock.lock();
    try {
      boolean sound =
          threads <= limit && stuck <= threads - idle.size() && (queue.isEmpty() || idle.isEmpty());
      if (!sound) {
        throw new IllegalStateException(
            threads + " threads, " + idle.size() + " idle, " + queue.size() + " calls wait");
      }
    } finally {
      lock.unlock();
    }
  }

  /** A thread and what is its own. */
  final class Worker implements Runnable {
    private final Thread thread;
    private final Call<?> first;
    private ByteBuffer scratch = NO_SCRATCH;

    /** Handed over while the worker is idle; written under the lock. */
    private volatile @Nullable Call<?> next;

    Worker(String name, Call<?> first) {
      this.first = first;
      this.thread = new Thread(null, this, name, 0, false);
      thread.setDaemon(true);
    }

    /** Returns memory that is the worker's own, kept for its later calls. */
    ByteBuffer scratch(int bytes) {
      if (scratch.capacity() < bytes) {
        int power = Integer.highestOneBit(bytes - 1) << 1;
        scratch = ByteBuffer.allocateDirect(Math.max(LEAST_SCRATCH, power));
      }
      return scratch.clear().limit(bytes);
    }

    @Override
    public void run() {
      Call<?> call = first;
      while (call != null) {
        call.perform(this, observer);
        call = after(this, call);
        if (call == null) {
          call = awaitNext();
        }
      }
    }

    private @Nullable Call<?> awaitNext() {
      long end = nanos.getAsLong() + IDLE_NANOS;
      while (true) {
        Call<?> given = next;
        if (given != null) {
          next = null;
          return given;
        }
        long left = end - nanos.getAsLong();
        if ((left <= 0 || closed) && retireIfIdle()) {
          return null;
        }
        LockSupport.parkNanos(this, Math.max(left, 1));
      }
    }

    private boolean retireIfIdle() {
      return next == null && retire(this);
    }
  }

  /** A call that nobody waits for. */
  abstract static class Errand extends Call<Boolean> {
    /** Does it. */
    abstract void perform() throws FsException;

    @Override
    final Boolean run(ByteBuffer scratch) throws FsException {
      perform();
      return true;
    }
  }
}
