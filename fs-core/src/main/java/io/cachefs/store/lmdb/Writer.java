package io.cachefs.store.lmdb;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.store.StoreException;
import io.cachefs.store.format.Totals;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.lmdbjava.Env;
import org.lmdbjava.LmdbException;
import org.lmdbjava.Txn;

/**
 * The queue of changes and the one thread that writes them, in order and in batches. Thread-safe.
 *
 * <p>Failures: a batch that does not fit is halved; what does not fit alone is dropped, and the
 * record it was to replace is removed. If the disk fails, everything queued is dropped and the
 * <em>epoch</em> goes on, by which everything in the tables counts as outdated; after a while the
 * next change is tried again.
 */
final class Writer {
  /** A change waits so long for others to come with it. */
  private static final long GATHER_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private static final int GATHER_CHANGES = 512;
  private static final int MAX_BATCH = 4096;
  private static final int MAX_BATCH_WEIGHT = 8 << 20;

  /** More than this is far too much. */
  private static final int MAX_QUEUE = 1 << 16;

  private static final long MAX_QUEUE_WEIGHT = 64 << 20;

  private static final long SYNC_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final long FIRST_RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long LAST_RETRY_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** Kept free in the map: even a removal needs new pages before it frees old ones. */
  private static final long LEAST_RESERVE = 256 << 10;

  /** So many changes that do not fit are given up together. */
  private static final int DROPPED_TOGETHER = 64;

  /** Ids are set aside in leaps, so that one that was given out is not given out after a crash. */
  static final int ID_LEAP = 1024;

  // Given at construction, never changes.
  private final Tables tables;
  private final Applier applier;
  private final Pending pending;
  private final Distrust distrust;
  private final AtomicLong nextId;
  private final LongSupplier nanos;
  private final long fullBytes;
  private final Thread thread;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();
  private final Condition room = lock.newCondition();
  private final Condition done = lock.newCondition();

  // State. Guarded as marked; volatile is written by the thread only.

  @GuardedBy("lock")
  private List<Change> queue = new ArrayList<>();

  @GuardedBy("lock")
  private long queueWeight;

  /** The number of the last change that was handed over. */
  @GuardedBy("lock")
  private long handed;

  /** Changes up to this number are written or dropped. */
  @GuardedBy("lock")
  private long finished;

  /** Somebody waits until this number is finished. */
  @GuardedBy("lock")
  private long wanted;

  @GuardedBy("lock")
  private long syncsWanted;

  @GuardedBy("lock")
  private long syncsDone;

  @GuardedBy("lock")
  private boolean closing;

  @GuardedBy("lock")
  private boolean ended;

  @GuardedBy("lock")
  private long retryAtNanos;

  @GuardedBy("lock")
  private long retryNanos = FIRST_RETRY_NANOS;

  private volatile @Nullable String failure;
  private volatile Totals totals;
  private volatile long usedBytes;
  private volatile long reusableBytes;
  private final AtomicLong dropped = new AtomicLong();

  /** Whether something was written that may not be on the disk. Used by the thread only. */
  private boolean unsynced;

  private long syncedAtNanos;
  private long inUseBytes;

  /** A change needs more room than there is, but for what is kept free to remove records. */
  private static final class FullException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    FullException() {
      super("the index is full", null, false, false);
    }
  }

  Writer(
      Tables tables,
      Totals totals,
      Pending pending,
      Distrust distrust,
      AtomicLong nextId,
      LongSupplier nanos) {
    this.tables = tables;
    this.totals = totals;
    this.pending = pending;
    this.distrust = distrust;
    this.nextId = nextId;
    this.nanos = nanos;
    applier = new Applier(tables);
    usedBytes = tables.usedBytes();
    inUseBytes = tables.bytesInUse();
    reusableBytes = Math.max(0, usedBytes - inUseBytes);
    fullBytes = tables.mapBytes - Math.max(LEAST_RESERVE, tables.mapBytes / 64);
    syncedAtNanos = nanos.getAsLong();
    thread = new Thread(this::run, "cachefs-index");
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  Totals totals() {
    return totals;
  }

  long usedBytes() {
    return usedBytes;
  }

  long reusableBytes() {
    return reusableBytes;
  }

  long dropped() {
    return dropped.get();
  }

  @Nullable String failure() {
    return failure;
  }

  /** Queues a change, which readers see from now on. */
  void hand(Change change) {
    lock.lock();
    try {
      while (!closing && failure == null && isFullLocked()) {
        room.awaitUninterruptibly();
      }
      boolean waitsForRetry = failure != null && nanos.getAsLong() - retryAtNanos < 0;
      if (closing || waitsForRetry || isFullLocked()) {
        dropped.incrementAndGet();
        return;
      }
      handed++;
      pending.add(change, handed);
      queue.add(change);
      queueWeight += change.weight();
      if (queue.size() == 1 || queue.size() == GATHER_CHANGES) {
        work.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private boolean isFullLocked() {
    return queue.size() >= MAX_QUEUE || queueWeight >= MAX_QUEUE_WEIGHT;
  }

  /** Waits until what was handed over is written, and on the disk if {@code sync}. */
  void await(boolean sync) throws StoreException {
    lock.lock();
    try {
      long droppedBefore = dropped.get();
      long target = handed;
      wanted = Math.max(wanted, target);
      work.signal();
      while (finished < target && !ended) {
        done.awaitUninterruptibly();
      }
      long syncTarget = sync ? ++syncsWanted : 0;
      work.signal();
      while (syncsDone < syncTarget && !ended) {
        done.awaitUninterruptibly();
      }
      String why = failure;
      if (why != null || dropped.get() != droppedBefore || finished < target) {
        throw new StoreException(
            "the index was not written: " + (why == null ? "it is full" : why));
      }
    } finally {
      lock.unlock();
    }
  }

  /** Writes what is queued and ends the thread; returns whether all is on the disk. */
  boolean close() {
    lock.lock();
    try {
      closing = true;
      work.signalAll();
      room.signalAll();
    } finally {
      lock.unlock();
    }
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return failure == null && !unsynced;
  }

  private void run() {
    try {
      boolean more = true;
      while (more) {
        more = writeNext();
      }
    } finally {
      lock.lock();
      try {
        closing = true;
        ended = true;
        room.signalAll();
        done.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  /** Waits for changes and writes them; returns whether there can be more. */
  private boolean writeNext() {
    List<Change> batch = new ArrayList<>();
    boolean more;
    long last;
    long syncs;
    boolean sync;
    lock.lock();
    try {
      awaitWorkLocked();
      takeLocked(batch);
      last = finished + batch.size();
      more = !closing || !queue.isEmpty();
      syncs = syncsWanted;
      sync = syncsWanted > syncsDone || !more;
    } finally {
      lock.unlock();
    }
    if (!more) {
      // What comes last is exact.
      batch.add(new Change.OfTotals());
    }
    writeAll(batch, last, more ? ID_LEAP : 0);
    syncIf(sync);
    lock.lock();
    try {
      finished = Math.max(finished, last);
      syncsDone = Math.max(syncsDone, syncs);
      room.signalAll();
      done.signalAll();
    } finally {
      lock.unlock();
    }
    return more;
  }

  @GuardedBy("lock")
  private void awaitWorkLocked() {
    while (queue.isEmpty() && !closing && syncsWanted == syncsDone) {
      long left = SYNC_NANOS - (nanos.getAsLong() - syncedAtNanos);
      if (!unsynced) {
        awaitLocked(Long.MAX_VALUE);
      } else if (left > 0) {
        awaitLocked(left);
      } else {
        return;
      }
    }
    if (!closing && wanted <= finished && queue.size() < GATHER_CHANGES && !queue.isEmpty()) {
      awaitLocked(GATHER_NANOS);
    }
  }

  // Callers look again at what they wait for, or only give others time to come.
  @SuppressWarnings("WaitNotInLoop")
  @GuardedBy("lock")
  private void awaitLocked(long forNanos) {
    try {
      long left = work.awaitNanos(forNanos);
      assert left <= forNanos;
    } catch (InterruptedException e) {
      // Nobody has a reason to interrupt this thread; it ends when it is closed.
      assert !closing : e;
    }
  }

  @GuardedBy("lock")
  private void takeLocked(List<Change> batch) {
    int weight = 0;
    int count = 0;
    while (count < queue.size() && count < MAX_BATCH && weight < MAX_BATCH_WEIGHT) {
      weight += queue.get(count).weight();
      count++;
    }
    if (count == queue.size()) {
      batch.addAll(queue);
      queue = new ArrayList<>();
    } else {
      List<Change> head = queue.subList(0, count);
      batch.addAll(head);
      queue = new ArrayList<>(queue.subList(count, queue.size()));
    }
    queueWeight -= weight;
  }

  private void writeAll(List<Change> batch, long last, int leap) {
    if (batch.isEmpty()) {
      return;
    }
    try {
      writeHalving(batch, leap);
      recovered();
    } catch (RuntimeException e) {
      // Whatever it is, callers go on without the index; what it was is told by the status.
      lose(batch.size(), String.valueOf(e.getMessage()));
    }
    batch.forEach(change -> pending.retire(change, last));
  }

  private void writeHalving(List<Change> batch, int leap) {
    try {
      write(batch, leap);
    } catch (Env.MapFullException | FullException e) {
      if (batch.size() > DROPPED_TOGETHER) {
        writeHalving(batch.subList(0, batch.size() / 2), leap);
        writeHalving(batch.subList(batch.size() / 2, batch.size()), leap);
      } else {
        dropped.addAndGet(batch.stream().filter(change -> !Removals.isRemoval(change)).count());
        writeRemovals(Removals.insteadOf(batch), leap);
      }
    }
  }

  private void writeRemovals(List<Change> removals, int leap) {
    try {
      write(removals, leap);
    } catch (Env.MapFullException | FullException e) {
      // One by one they need the fewest pages at a time.
      removals.forEach(each -> write(List.of(each), leap));
    }
  }

  private void write(List<Change> batch, int leap) {
    Totals before = totals;
    Totals withIds =
        new Totals(
            before.formatVersion(),
            distrust.epoch(),
            nextId.get() + leap,
            before.contents(),
            before.contentBytes(),
            before.pinnedBytes(),
            before.files(),
            before.names());
    Totals after;
    long inUse;
    try (Txn<ByteBuffer> txn = tables.env.txnWrite()) {
      after = applier.apply(txn, batch, withIds);
      inUse = tables.bytesInUse(txn);
      if (inUse > fullBytes && inUse > inUseBytes) {
        throw new FullException();
      }
      txn.commit();
    }
    unsynced = true;
    totals = after;
    inUseBytes = inUse;
    usedBytes = tables.usedBytes();
    reusableBytes = Math.max(0, usedBytes - inUse);
  }

  private void recovered() {
    if (failure == null) {
      return;
    }
    lock.lock();
    try {
      failure = null;
      retryNanos = FIRST_RETRY_NANOS;
    } finally {
      lock.unlock();
    }
  }

  private void lose(int count, String why) {
    lock.lock();
    try {
      dropped.addAndGet(count + (long) queue.size());
      failure = why;
      retryAtNanos = nanos.getAsLong() + retryNanos;
      retryNanos = Math.min(2 * retryNanos, LAST_RETRY_NANOS);
      // Before readers stop seeing the changes that are lost.
      distrust.everythingSoFar();
      queue.forEach(change -> pending.retire(change, handed));
      queue = new ArrayList<>();
      queueWeight = 0;
      finished = handed;
    } finally {
      lock.unlock();
    }
  }

  private void syncIf(boolean asked) {
    long now = nanos.getAsLong();
    if (!unsynced || (!asked && now - syncedAtNanos < SYNC_NANOS)) {
      return;
    }
    syncedAtNanos = now;
    try {
      tables.env.sync(true);
      unsynced = false;
      distrust.written();
    } catch (LmdbException e) {
      lose(0, String.valueOf(e.getMessage()));
    }
  }
}
