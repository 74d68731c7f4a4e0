package io.cachefs.source.guard;

import io.cachefs.base.FsException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One call on the source, made by a worker for a caller that may give up. Either the caller gets
 * the result or the worker undoes it, never both.
 *
 * <p>Memory of the caller is touched in {@link #take} and {@link #deliver} only. While one of them
 * runs the caller does not leave: it copies some bytes and does not ask the source.
 */
abstract class Call<T> {
  private static final Logger LOG = LoggerFactory.getLogger(Call.class);

  private static final int QUEUED = 0;
  private static final int TAKING = 1;
  private static final int RUNNING = 2;
  private static final int DELIVERING = 3;
  private static final int DONE = 4;
  private static final int ABANDONED = 5;

  private final AtomicInteger state = new AtomicInteger(QUEUED);
  private final Thread caller = Thread.currentThread();

  // Written by the worker before DONE, read by the caller after it.

  private @Nullable T result;
  private @Nullable Throwable failure;

  /** Whether its deadline passed while a worker was at it. Guarded by the lock of its workers. */
  boolean stuck;

  /** Whether the worker is through with it. Guarded by the lock of its workers. */
  boolean finished;

  /** Learns how a call on the source ended, on the thread that made it. */
  interface Observer {
    /** The source answered, if {@code failure} is null or such that it shows that. */
    void ended(@Nullable Throwable failure);
  }

  /** Returns how much memory of the worker {@link #take} and {@link #run} need. */
  int scratchBytes() {
    return 0;
  }

  /** Copies in what the caller gave. */
  void take(ByteBuffer scratch) {}

  /** Asks the source. */
  abstract T run(ByteBuffer scratch) throws FsException;

  /** Copies out what the caller wants. */
  void deliver(T got, ByteBuffer scratch) {}

  /** Takes back what nobody waits for any more. */
  void undo(T got) {}

  /** Makes the call, unless the caller has left. Runs on a worker. */
  final void perform(Workers.Worker worker, Observer observer) {
    if (!state.compareAndSet(QUEUED, TAKING)) {
      return;
    }
    T got = null;
    Throwable failed = null;
    ByteBuffer scratch = null;
    try {
      try {
        scratch = worker.scratch(scratchBytes());
        take(scratch);
      } finally {
        state.set(RUNNING);
      }
      got = run(scratch);
    } catch (Throwable e) {
      failed = e;
    }
    observer.ended(failed);
    if (state.compareAndSet(RUNNING, DELIVERING)) {
      try {
        if (got != null && scratch != null) {
          deliver(got, scratch);
        }
      } catch (RuntimeException e) {
        failed = e;
      }
      result = got;
      failure = failed;
      state.set(DONE);
      LockSupport.unpark(caller);
    } else if (got != null) {
      undoQuietly(got);
    }
  }

  /** There is nobody to tell. */
  private void undoQuietly(T got) {
    try {
      undo(got);
    } catch (RuntimeException e) {
      LOG.error("A result that came too late could not be undone", e);
    }
  }

  /** Returns whether the result is there. */
  final boolean isDone() {
    return state.get() == DONE;
  }

  /** Returns whether no worker has begun with it. */
  final boolean isQueued() {
    return state.get() == QUEUED;
  }

  /** Leaves, and returns true; or returns false, because the result is there. */
  final boolean abandon() {
    while (true) {
      int now = state.get();
      if (now == DONE) {
        return false;
      }
      if ((now == QUEUED || now == RUNNING) && state.compareAndSet(now, ABANDONED)) {
        return true;
      }
      // The worker is copying some bytes.
      Thread.onSpinWait();
    }
  }

  /** Returns the result of a call that is done, or throws what it failed with. */
  final T result() throws FsException {
    Throwable failed = failure;
    if (failed instanceof FsException e) {
      throw e;
    }
    if (failed instanceof RuntimeException e) {
      throw e;
    }
    if (failed instanceof Error e) {
      throw e;
    }
    T got = result;
    if (got == null) {
      throw new IllegalStateException("a call without a result", failed);
    }
    return got;
  }
}
