package io.cachefs.writeback.pending;

import io.cachefs.writeback.queue.Operation;

/** The queue of operations, as far as changes need it. Thread-safe. */
public interface Sending {
  void add(Operation operation, long notBeforeNanos);

  /** Takes an operation out; false if it was begun, or is not there. */
  boolean cancel(long sequence);

  /** Puts an operation at the end in place of another; false if that was begun or is waited for. */
  boolean replace(long sequence, Operation later, long notBeforeNanos);

  /** Sets another time; false if it is being sent or is not there. */
  boolean postpone(long sequence, long notBeforeNanos);

  /** Lets an operation, and all it waits for, be sent without delay. */
  void hurry(long sequence);

  /** Waits until an operation is gone; false if it is not by then. */
  boolean awaitGone(long sequence, long waitNanos) throws InterruptedException;
}
