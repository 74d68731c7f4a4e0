package io.cachefs.cache.eviction;

import io.cachefs.cache.budget.Bounds;
import io.cachefs.cache.budget.Ledger;
import io.cachefs.store.BlobStore;
import io.cachefs.store.ContentRecord;
import io.cachefs.store.Index;
import io.cachefs.store.StoreException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * After an end that was none: compares every blob with its record, once. A blob without one was
 * being written at the end and is removed; a blob that takes more than its record says is charged
 * with the difference. Runs in the thread of its caller, slowly, until done or stopped.
 */
public final class Recount {
  /** After so many blobs there is a pause, so that others get the disk too. */
  private static final int BURST = 500;

  private static final long PAUSE_MILLIS = 20;

  private final Index index;
  private final BlobStore blobs;
  private final Ledger ledger;
  private final Evictable evictable;

  /** Contents with this id or a later one are not of before the end. */
  private final long firstNewId;

  private final CountDownLatch stopped = new CountDownLatch(1);
  private long seen;
  private long orphans;
  private long corrected;

  /** Made before anything is cached: it takes an id to know which came before. */
  public Recount(Index index, BlobStore blobs, Ledger ledger, Evictable evictable) {
    this.index = index;
    this.blobs = blobs;
    this.ledger = ledger;
    this.evictable = evictable;
    this.firstNewId = index.newContentId();
  }

  /**
   * What was found.
   *
   * @param blobs looked at
   * @param orphans removed
   * @param corrected blobs that take more than was recorded
   */
  public record Result(long blobs, long orphans, long corrected) {}

  /** Goes through all blobs; called once. */
  public Result run() throws StoreException {
    blobs.visit((id, size, allocated) -> check(id, allocated));
    return new Result(seen, orphans, corrected);
  }

  /** Makes {@link #run} change nothing more, and hurry. */
  public void stop() {
    stopped.countDown();
  }

  private void check(long id, long allocatedBytes) {
    if (stopped.getCount() == 0 || id >= firstNewId) {
      return;
    }
    pause();
    ContentRecord record = index.content(id);
    if (evictable.inUse(id)) {
      // Who uses it knows what it takes.
      return;
    }
    if (record == null) {
      blobs.remove(id);
      orphans++;
      return;
    }
    long pages = Bounds.pages(allocatedBytes);
    if (pages > record.storedBytes() && evictable.update(record, known -> charged(known, pages))) {
      corrected++;
    }
  }

  private ContentRecord charged(ContentRecord record, long pages) {
    long more = pages - record.storedBytes();
    if (more <= 0) {
      return record;
    }
    ledger.charge(more);
    if ((record.flags() & ContentRecord.PINNED) == 0 || ledger.tryPin(more)) {
      return record.withStoredBytes(pages);
    }
    ledger.unpin(record.storedBytes());
    return record.withStoredBytes(pages).withFlags(record.flags() & ~ContentRecord.PINNED);
  }

  private void pause() {
    if (++seen % BURST == 0) {
      try {
        boolean end = stopped.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS);
        assert end == (stopped.getCount() == 0) || !end;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        stopped.countDown();
      }
    }
  }
}
