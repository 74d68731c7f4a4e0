package io.cachefs.cache.eviction;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.cache.budget.Ledger;
import io.cachefs.cache.budget.Room;
import io.cachefs.store.ContentRecord;
import io.cachefs.store.Index;
import java.io.Closeable;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Makes room on the disk: ahead of need in a thread of its own, which runs between two watermarks
 * of the ledger, and at once for who finds no room. Thread-safe.
 *
 * <p>{@code lock} is held while one content is chosen and removed, so that two threads do not
 * choose the same; who needs room waits for one removal of the background at most. It is taken
 * before any lock of who removes content, and nobody who holds one of those may ask for room.
 */
public final class DiskEvictor implements Room, Closeable {
  /**
   * The thread looks after what changes slowly this often: uses to be written, expiry, the index.
   */
  private static final long ROUND_NANOS = 5_000_000_000L;

  /** When nothing could be evicted, it is not tried again for so long. */
  private static final long PAUSE_NANOS = 1_000_000_000L;

  private static final long PAUSE_AT_ONCE_MILLIS = 50;

  /** A thread that needs room evicts at most so many contents; then it does without the cache. */
  private static final int MOST_AT_ONCE = 256;

  private static final int EXPIRY_BATCH = 64;

  private static final long LONGEST_END_MILLIS = 5_000;

  // Given at construction, never changes.
  private final Index index;
  private final Ledger ledger;
  private final EvictionPolicy policy;
  private final Usage usage;
  private final Evictable evictable;
  private final LongSupplier millis;
  private final Thread thread;

  private final AtomicLong evicted = new AtomicLong();
  private final AtomicLong evictedAtOnce = new AtomicLong();
  private final AtomicLong trimmed = new AtomicLong();

  // Fair, so that the background does not take it again and again while others wait.
  private final ReentrantLock lock = new ReentrantLock(true);

  @GuardedBy("lock")
  private final Sampler sampler;

  @GuardedBy("lock")
  private final IndexTrimmer trimmer;

  private final ReentrantLock wakeLock = new ReentrantLock();
  private final Condition woken = wakeLock.newCondition();

  /** Read without the lock by those who would only say it again. */
  private volatile boolean wakePending;

  private volatile boolean closed;

  /** Whether there was nothing to evict the last time; known to the thread alone. */
  private boolean fruitless;

  /** Whether and until when nobody who waits tries to evict. */
  private volatile boolean nothingToEvict;

  private volatile long nothingUntilMillis;

  /**
   * Makes an evictor; {@link #start} begins its work.
   *
   * @param indexShareBytes how large the index may be
   */
  public DiskEvictor(
      Index index,
      Ledger ledger,
      EvictionPolicy policy,
      Usage usage,
      Evictable evictable,
      long indexShareBytes,
      RandomGenerator random,
      LongSupplier millis) {
    this.index = index;
    this.ledger = ledger;
    this.policy = policy;
    this.usage = usage;
    this.evictable = evictable;
    this.millis = millis;
    this.sampler = new Sampler(index, policy, usage, evictable, random, millis);
    this.trimmer = new IndexTrimmer(index, evictable, indexShareBytes, random);
    this.thread = new Thread(this::run, "cachefs-evictor");
    thread.setDaemon(true);
  }

  /** Evicts for the ledger from now on. */
  public void start() {
    thread.start();
    ledger.setRoom(this);
  }

  // --- For who needs room ---

  @Override
  public void make(long bytes, long files) {
    if (nothingToEvict && millis.getAsLong() < nothingUntilMillis) {
      return;
    }
    nothingToEvict = false;
    for (int i = 0; i < MOST_AT_ONCE && !ledger.hasRoom(bytes, files); i++) {
      if (!evictOne()) {
        nothingUntilMillis = millis.getAsLong() + PAUSE_AT_ONCE_MILLIS;
        nothingToEvict = true;
        return;
      }
      evictedAtOnce.incrementAndGet();
      if (ledger.isShortOfFreeSpace(bytes, files)) {
        ledger.refresh();
      }
    }
  }

  @Override
  public void wake() {
    if (wakePending) {
      return;
    }
    wakeLock.lock();
    try {
      wakePending = true;
      woken.signal();
    } finally {
      wakeLock.unlock();
    }
  }

  /** Evicts what is worth least; returns false if nothing can be evicted. */
  private boolean evictOne() {
    lock.lock();
    try {
      ContentRecord worst = sampler.next();
      while (worst != null && !evict(worst)) {
        worst = sampler.next();
      }
      return worst != null;
    } finally {
      lock.unlock();
    }
  }

  private boolean evict(ContentRecord content) {
    boolean gone = evictable.evict(content);
    if (gone) {
      usage.gone(content.id());
      evicted.incrementAndGet();
    }
    return gone;
  }

  // --- In the background ---

  private void run() {
    while (!closed) {
      boolean tight = awaitWork();
      if (!closed) {
        work(tight);
      }
    }
  }

  /** Returns whether it was woken, and not only time for a round. */
  private boolean awaitWork() {
    wakeLock.lock();
    try {
      long left = fruitless ? PAUSE_NANOS : ROUND_NANOS;
      // If there is nothing to evict, being asked for more room again and again does not help.
      while (!closed && left > 0 && (fruitless || !wakePending)) {
        left = woken.awaitNanos(left);
      }
      boolean tight = wakePending;
      wakePending = false;
      return tight;
    } catch (InterruptedException e) {
      // Nobody else knows this thread: it means the end.
      closed = true;
      return false;
    } finally {
      wakeLock.unlock();
    }
  }

  /** Does what there is to do; apart from the thread, so that tests can do it in theirs. */
  void work(boolean tight) {
    if (tight || ledger.isTight()) {
      makeAhead();
    }
    if (!tight) {
      flushUsage();
      expire();
    }
    trimIndex();
  }

  private void makeAhead() {
    ledger.refresh();
    fruitless = false;
    while (!closed && !fruitless && ledger.isAboveLow()) {
      fruitless = !evictOne();
      if (ledger.isShortOfFreeSpace(0, 0)) {
        ledger.refresh();
      }
    }
  }

  private void flushUsage() {
    int written = usage.flush(evictable);
    assert written >= 0;
  }

  /** Content is fetched in the order of ids, so it also expires in this order. */
  private void expire() {
    if (!policy.isOldestFirst()) {
      return;
    }
    long from = 0;
    boolean more = true;
    while (more && !closed) {
      List<ContentRecord> oldest = index.contentsFrom(from, EXPIRY_BATCH);
      more = false;
      for (ContentRecord content : oldest) {
        from = content.id() + 1;
        if (policy.isExpired(usage.candidate(content), millis.getAsLong())) {
          more = true;
          evictExpired(content);
        }
      }
    }
  }

  private void evictExpired(ContentRecord content) {
    boolean pinned = (content.flags() & ContentRecord.PINNED) != 0;
    if (pinned || evictable.inUse(content.id())) {
      return;
    }
    lock.lock();
    try {
      boolean gone = evict(content);
      assert gone || evictable.inUse(content.id()) || index.content(content.id()) == null;
    } finally {
      lock.unlock();
    }
  }

  private void trimIndex() {
    boolean more = true;
    while (more && !closed) {
      lock.lock();
      try {
        int removed = trimmer.isNeeded() ? trimmer.trim() : 0;
        trimmed.addAndGet(removed);
        more = removed > 0;
      } finally {
        lock.unlock();
      }
    }
  }

  /**
   * A moment of it.
   *
   * @param evicted contents since the start
   * @param evictedAtOnce of those, while somebody waited
   * @param trimmed files forgotten to keep the index small
   */
  public record Status(long evicted, long evictedAtOnce, long trimmed) {}

  public Status status() {
    return new Status(evicted.get(), evictedAtOnce.get(), trimmed.get());
  }

  /** Ends the thread, and writes the uses that were not written yet. */
  @Override
  public void close() {
    wakeLock.lock();
    try {
      closed = true;
      woken.signal();
    } finally {
      wakeLock.unlock();
    }
    ledger.setRoom(Room.NONE);
    try {
      // A disk that hangs keeps nobody from ending.
      thread.join(LONGEST_END_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    flushUsage();
  }

  /** Returns the content that would leave next, for status and tests; null if there is none. */
  @Nullable ContentRecord peek() {
    lock.lock();
    try {
      return sampler.next();
    } finally {
      lock.unlock();
    }
  }
}
