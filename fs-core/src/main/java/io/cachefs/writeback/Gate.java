package io.cachefs.writeback;

import io.cachefs.base.FsException;
import io.cachefs.writeback.journal.Journal;
import io.cachefs.writeback.journal.JournalException;
import io.cachefs.writeback.pending.Admission;
import io.cachefs.writeback.send.Backpressure;
import org.jspecify.annotations.Nullable;

/**
 * Lets changes in as long as little enough waits to be sent, and the journal has room. Until it is
 * closed to some, all are let in. Thread-safe.
 */
final class Gate implements Admission {
  /** What a change may append besides its own bytes: its head, and what makes its files known. */
  private static final long HEADS = 16 << 10;

  private volatile @Nullable Rules rules;

  private record Rules(Backpressure pressure, Journal journal) {}

  /** Lets in by these from now on. */
  void setRules(Backpressure pressure, Journal journal) {
    rules = new Rules(pressure, journal);
  }

  @Nullable Backpressure pressure() {
    Rules now = rules;
    return now == null ? null : now.pressure;
  }

  @Override
  public <T> T change(long bytes, long files, Work<T> work) throws FsException {
    Rules now = rules;
    return now == null ? work.run() : run(now, bytes, files, false, work);
  }

  @Override
  public <T> T free(Work<T> work) throws FsException {
    Rules now = rules;
    return now == null ? work.run() : run(now, 0, 1, true, work);
  }

  private static <T> T run(Rules now, long bytes, long files, boolean frees, Work<T> work)
      throws FsException {
    now.pressure.admit(bytes, files, frees);
    try {
      Backpressure.Patience patience = null;
      while (true) {
        try {
          if (!frees) {
            now.journal.prepare(bytes + HEADS);
          }
          return work.run();
        } catch (JournalException e) {
          if (e.kind() != JournalException.Kind.FULL) {
            throw e;
          }
          patience = patience == null ? now.pressure.patience() : patience;
          patience.await();
        }
      }
    } finally {
      now.pressure.done(bytes, files);
    }
  }
}
