package io.cachefs.writeback;

import io.cachefs.writeback.journal.Journal;
import io.cachefs.writeback.pending.PendingSource;
import io.cachefs.writeback.queue.SendQueue;
import io.cachefs.writeback.send.Backpressure;

/** How much waits to be sent, from those who have it. */
record Waiting(PendingSource source, SendQueue queue, Journal journal)
    implements Backpressure.Load {
  // What one of them takes of the heap; MemoryTest measures that all together is not more.
  static final long BYTES_OF_A_FILE = 400;
  static final long BYTES_OF_AN_OPERATION = 250;
  static final long BYTES_OF_A_RECORD = 60;

  @Override
  public long bytes() {
    return journal.live().bytes();
  }

  @Override
  public long files() {
    return Math.max(source.pendingFiles(), queue.size());
  }

  @Override
  public long memory() {
    return source.pendingFiles() * BYTES_OF_A_FILE
        + queue.size() * BYTES_OF_AN_OPERATION
        + journal.live().records() * BYTES_OF_A_RECORD
        + journal.live().heads();
  }

  @Override
  public long ageNanos() {
    return queue.ageNanos();
  }
}
