package io.cachefs.writeback;

import io.cachefs.writeback.journal.Journal;
import io.cachefs.writeback.journal.Live;
import io.cachefs.writeback.pending.PendingSource;
import io.cachefs.writeback.queue.SendQueue;
import io.cachefs.writeback.send.Backpressure;

/** How much waits to be sent, from those who have it. */
record Waiting(PendingSource source, SendQueue queue, Journal journal)
    implements Backpressure.Load {
  // What one of them takes of the heap at most; WaitingTest measures that all together is not more.
  private static final long BYTES_OF_A_FILE = 300;
  private static final long MORE_IF_AT_SOURCE = 600;
  private static final long BYTES_OF_A_MAKING = 200;
  private static final long BYTES_OF_AN_OPERATION = 300;
  private static final long BYTES_OF_A_RECORD = 20;
  private static final long BYTES_OF_A_READ_RECORD = 140;

  @Override
  public long bytes() {
    return journal.live().bytes();
  }

  @Override
  public long files() {
    return Math.max(source.counts().files(), queue.size());
  }

  @Override
  public long memory() {
    PendingSource.Counts counts = source.counts();
    Live live = journal.live();
    long now =
        counts.files() * BYTES_OF_A_FILE
            + counts.atSource() * MORE_IF_AT_SOURCE
            + queue.size() * BYTES_OF_A_MAKING
            + counts.operations() * BYTES_OF_AN_OPERATION
            + live.records() * BYTES_OF_A_RECORD
            + live.heads();
    // When the journal is opened all records are read before the first is applied, and make place
    // for what they stand for then.
    return Math.max(now, live.all() * BYTES_OF_A_READ_RECORD + live.heads());
  }

  @Override
  public long ageNanos() {
    return queue.ageNanos();
  }
}
