package io.cachefs.writeback;

import io.cachefs.writeback.pending.Sending;
import io.cachefs.writeback.queue.Operation;
import io.cachefs.writeback.queue.SendQueue;

/**
 * The queue as changes see it.
 *
 * @param mostNanos how long an operation is put off at most, however often it is
 */
record QueuePort(SendQueue queue, long mostNanos) implements Sending {
  @Override
  public void add(Operation operation, long notBeforeNanos) {
    queue.add(operation, notBeforeNanos);
  }

  @Override
  public boolean cancel(long sequence) {
    return queue.cancel(sequence);
  }

  @Override
  public boolean replace(long sequence, Operation later, long notBeforeNanos) {
    return queue.replace(sequence, later, notBeforeNanos);
  }

  @Override
  public boolean postpone(long sequence, long notBeforeNanos) {
    return queue.postpone(sequence, notBeforeNanos, mostNanos);
  }

  @Override
  public void hurry(long sequence) {
    queue.hurry(sequence);
  }

  @Override
  public boolean awaitGone(long sequence, long waitNanos) throws InterruptedException {
    return queue.awaitGone(sequence, waitNanos);
  }
}
