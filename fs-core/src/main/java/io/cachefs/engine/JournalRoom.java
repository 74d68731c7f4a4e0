package io.cachefs.engine;

import io.cachefs.cache.budget.Ledger;
import io.cachefs.writeback.journal.Room;
import java.io.Closeable;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The space of a journal, out of that of its cache: content that can be fetched again leaves for
 * it. Thread-safe, without locks of its own.
 *
 * <p>Some of what is reserved is not used yet. A part of this is kept back: only what frees
 * something may have it, so that a full journal can always be sent and cleaned.
 */
final class JournalRoom implements Room, Closeable {
  /** Of what is kept back, for what happened already. */
  private static final long FOR_MUST = 64 << 10;

  /** Reserved at once, so that few have to make room themselves. */
  private static final long STEP = 1 << 20;

  /** Readers may take what was just freed, and one try frees only so much. */
  private static final int TRIES = 16;

  private final Ledger ledger;
  private final long keptBack;
  private final long step;

  /** Reserved and not used, with what is kept back. */
  private final AtomicLong stock = new AtomicLong();

  /**
   * @param segmentBytes of the journal: so much is needed to move what is live in one
   */
  JournalRoom(Ledger ledger, long segmentBytes) {
    this.ledger = ledger;
    this.keptBack = segmentBytes + FOR_MUST;
    this.step = Math.min(STEP, segmentBytes / 4);
  }

  /** Keeps back what is to be, as far as there is room: after what is there already was counted. */
  void keepBack() {
    boolean unused = prepare(0);
  }

  @Override
  public boolean reserve(long bytes) {
    return draw(bytes, keptBack) || ledger.tryReserveAnyway(bytes);
  }

  @Override
  public boolean reserveToFree(long bytes) {
    return draw(bytes, keptBack) || ledger.tryReserveAnyway(bytes) || draw(bytes, FOR_MUST);
  }

  @Override
  public void count(long bytes) {
    if (!draw(bytes, 0)) {
      ledger.charge(bytes);
    }
  }

  /** Takes from what is reserved already, if so much is left then. */
  private boolean draw(long bytes, long left) {
    long before = stock.get();
    while (before - bytes >= left) {
      if (stock.compareAndSet(before, before - bytes)) {
        return true;
      }
      before = stock.get();
    }
    return false;
  }

  @Override
  public boolean prepare(long bytes) {
    for (int i = 0; i < TRIES; i++) {
      long missing = keptBack + bytes - stock.get();
      if (missing <= 0) {
        return true;
      }
      if (ledger.hasRoom(missing + step, 0)) {
        missing += step;
      }
      if (ledger.tryReserveAnyway(missing)) {
        stock.addAndGet(missing);
      }
    }
    return stock.get() >= keptBack + bytes;
  }

  @Override
  public void release(long bytes) {
    long before = stock.get();
    long kept = Math.min(bytes, Math.max(0, keptBack - before));
    while (!stock.compareAndSet(before, before + kept)) {
      before = stock.get();
      kept = Math.min(bytes, Math.max(0, keptBack - before));
    }
    ledger.release(bytes - kept, 0);
  }

  /** Gives back what is not used; the journal itself stays counted. */
  @Override
  public void close() {
    ledger.release(stock.getAndSet(0), 0);
  }
}
