package io.cachefs.writeback.queue;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The operations that wait to be sent. Gives out one at a time, as soon as its time has come and
 * all that it waits for is done; see {@link Operation} for what that is. Thread-safe.
 *
 * <p>Each call takes a time that does not depend on how many operations there are, but for a
 * logarithm; {@link #hurry} takes one that grows with what it hurries.
 */
public final class SendQueue {
  private static final long SECOND_NANOS = 1_000_000_000;

  private final LongSupplier nanoTime;
  private final ReentrantLock lock = new ReentrantLock();

  /** There may be something to take. */
  private final Condition available = lock.newCondition();

  /** An operation has gone. */
  private final Condition gone = lock.newCondition();

  @GuardedBy("lock")
  private final LongMap<Entry> entries = new LongMap<>();

  @GuardedBy("lock")
  private final Heap free = new Heap();

  @GuardedBy("lock")
  private final Chains chains;

  /** When operations came, in seconds since {@link #begun}. */
  @GuardedBy("lock")
  private final Ages ages = new Ages();

  private final long begun;

  /** Read without the lock. */
  private volatile int size;

  @GuardedBy("lock")
  private boolean rushed;

  @GuardedBy("lock")
  private int sending;

  @GuardedBy("lock")
  private int awaiting;

  @GuardedBy("lock")
  private int search;

  @GuardedBy("lock")
  private boolean paused;

  @GuardedBy("lock")
  private boolean stopped;

  /**
   * @param nanoTime the clock of the times given here
   */
  public SendQueue(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.begun = nanoTime.getAsLong();
    this.chains =
        new Chains(
            new Chains.Listener() {
              @Override
              public void freed(Entry entry) {
                free(entry);
              }

              @Override
              public void blocked(Entry entry) {
                block(entry);
              }
            });
  }

  /**
   * How many operations there are.
   *
   * @param all of them, also those being sent
   * @param free those that wait for nothing but their time
   * @param sending those that were taken
   */
  public record Status(int all, int free, int sending, boolean paused) {}

  /** Adds an operation, which is not sent before the given time. */
  public void add(Operation operation, long notBeforeNanos) {
    lock.lock();
    try {
      addLocked(operation, notBeforeNanos);
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void addLocked(Operation operation, long notBefore) {
    if (entries.get(operation.sequence()) != null) {
      throw new IllegalArgumentException("there already: " + operation);
    }
    Entry entry = new Entry(operation, notBefore);
    entry.second = secondLocked();
    ages.add(entry.second);
    entries.put(operation.sequence(), entry);
    size = entries.size();
    chains.enter(entry);
  }

  /** Called by {@code chains}, so with the lock. */
  @SuppressWarnings("GuardedBy")
  private void free(Entry entry) {
    if (entry.state() == Entry.State.WAITING) {
      free.add(entry);
      available.signal();
    }
  }

  /** Called by {@code chains}, so with the lock. */
  @SuppressWarnings("GuardedBy")
  private void block(Entry entry) {
    free.remove(entry);
  }

  /**
   * Takes an operation out that need not be sent any more.
   *
   * @return false if it is being sent, was tried before, so that a part of it may be at the source,
   *     or is not here
   */
  public boolean cancel(long sequence) {
    lock.lock();
    try {
      Entry entry = entries.get(sequence);
      if (entry == null || !isUntouched(entry)) {
        return false;
      }
      removeLocked(entry);
      return true;
    } finally {
      lock.unlock();
    }
  }

  private static boolean isUntouched(Entry entry) {
    return entry.state() == Entry.State.WAITING && !entry.tried;
  }

  /**
   * Puts {@code later} at the end in place of an operation.
   *
   * @return false if that is being sent, was tried before, is not here, or another waits for it;
   *     then nothing was done
   */
  public boolean replace(long sequence, Operation later, long notBeforeNanos) {
    lock.lock();
    try {
      Entry entry = entries.get(sequence);
      if (entry == null || !isUntouched(entry) || chains.isAwaited(entry)) {
        return false;
      }
      removeLocked(entry);
      addLocked(later, notBeforeNanos);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Sets another time before which an operation is not sent.
   *
   * @return false if it is being sent or not here
   */
  public boolean postpone(long sequence, long notBeforeNanos) {
    return postpone(sequence, notBeforeNanos, Long.MAX_VALUE);
  }

  /** As the other, but at most to a time so long after it was added. */
  public boolean postpone(long sequence, long notBeforeNanos, long mostNanos) {
    lock.lock();
    try {
      Entry entry = entries.get(sequence);
      if (entry == null || entry.state() != Entry.State.WAITING) {
        return false;
      }
      long wait = notBeforeNanos - begun - entry.second * SECOND_NANOS;
      entry.notBefore = wait > mostNanos ? notBeforeNanos - (wait - mostNanos) : notBeforeNanos;
      movedLocked(entry);
      return true;
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void movedLocked(Entry entry) {
    if (entry.heapIndex >= 0) {
      free.moved(entry);
      available.signal();
    }
  }

  @GuardedBy("lock")
  private void removeLocked(Entry entry) {
    if (entry.heapIndex >= 0) {
      free.remove(entry);
    }
    entry.setState(Entry.State.GONE);
    entries.remove(entry.sequence);
    ages.remove(entry.second);
    size = entries.size();
    chains.leave(entry);
    if (awaiting > 0) {
      gone.signalAll();
    }
  }

  /**
   * Takes the next operation, which is then being sent until {@link #done}, {@link #retryAt} or
   * {@link #giveBack}. Waits for one at most so long.
   *
   * @return null if there was none, or after {@link #stop}
   */
  public @Nullable Operation take(long waitNanos) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long left = waitNanos;
      while (!stopped) {
        Entry first = paused ? null : free.first();
        long wait = left;
        if (first != null) {
          boolean now = first.hurried || (rushed && !first.tried);
          long early = now ? 0 : first.notBefore - nanoTime.getAsLong();
          if (early <= 0) {
            return takeLocked(first);
          }
          wait = Math.min(left, early);
        }
        if (left <= 0) {
          return null;
        }
        left -= wait - available.awaitNanos(wait);
      }
      return null;
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private Operation takeLocked(Entry entry) {
    free.remove(entry);
    entry.setState(Entry.State.TAKEN);
    sending++;
    // A signal may have come here that was meant for one of several.
    available.signal();
    return entry.operation();
  }

  /** An operation that was taken is at the source. */
  public void done(long sequence) {
    lock.lock();
    try {
      Entry entry = takenLocked(sequence);
      removeLocked(entry);
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private Entry takenLocked(long sequence) {
    Entry entry = entries.get(sequence);
    if (entry == null || entry.state() != Entry.State.TAKEN) {
      throw new IllegalStateException("not being sent: " + sequence);
    }
    sending--;
    return entry;
  }

  /** An operation that was taken failed, perhaps half done, and may be taken again then. */
  public void retryAt(long sequence, long nanos) {
    lock.lock();
    try {
      Entry entry = takenLocked(sequence);
      entry.tried = true;
      waitAgainLocked(entry, nanos);
    } finally {
      lock.unlock();
    }
  }

  /** As {@link #retryAt} if surely nothing was done, so that it can still be cancelled. */
  public void giveBack(long sequence, long notBeforeNanos) {
    lock.lock();
    try {
      waitAgainLocked(takenLocked(sequence), notBeforeNanos);
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void waitAgainLocked(Entry entry, long notBefore) {
    entry.setState(Entry.State.WAITING);
    entry.hurried = false;
    entry.notBefore = notBefore;
    if (entry.isLast()) {
      chains.free(entry);
    } else {
      free(entry);
    }
  }

  /** Lets an operation and all that it waits for be sent without delay. */
  public void hurry(long sequence) {
    hurry(List.of(sequence));
  }

  /** Lets operations and all that they wait for be sent without delay. */
  @SuppressWarnings("GuardedBy") // the visitor is called with the lock
  public void hurry(Collection<Long> sequences) {
    lock.lock();
    try {
      for (Entry entry : withEarlierLocked(sequences)) {
        if (entry.state() == Entry.State.WAITING) {
          entry.hurried = true;
          movedLocked(entry);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Returns which operations, of some and all that these wait for, wait for no other: one of them
   * has to be sent next.
   */
  public List<Long> next(Collection<Long> sequences) {
    List<Long> next = new ArrayList<>();
    lock.lock();
    try {
      for (Entry entry : withEarlierLocked(sequences)) {
        if (entry.heapIndex >= 0 || entry.state() == Entry.State.TAKEN) {
          next.add(entry.sequence);
        }
      }
    } finally {
      lock.unlock();
    }
    return next;
  }

  /** Returns operations and all that they wait for, each once. */
  @GuardedBy("lock")
  private List<Entry> withEarlierLocked(Collection<Long> sequences) {
    search++;
    List<Entry> all = new ArrayList<>();
    Deque<Entry> found = new ArrayDeque<>();
    for (long sequence : sequences) {
      Entry wanted = entries.get(sequence);
      if (wanted != null) {
        found.add(wanted);
      }
    }
    while (!found.isEmpty()) {
      Entry entry = found.remove();
      if (entry.seen != search) {
        entry.seen = search;
        all.add(entry);
        chains.forEachBefore(entry, search, found::add);
      }
    }
    return all;
  }

  /** Takes out of a set of operations those that are here no more. */
  @SuppressWarnings("GuardedBy") // the filter is called with the lock
  public void retainWaiting(Collection<Long> sequences) {
    lock.lock();
    try {
      for (Iterator<Long> each = sequences.iterator(); each.hasNext(); ) {
        if (entries.get(each.next()) == null) {
          each.remove();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Lets all that is here now be sent without delay, except what waits for another attempt. */
  public void hurryAll() {
    lock.lock();
    try {
      entries.forEach(
          entry -> {
            if (entry.state() == Entry.State.WAITING && !entry.tried) {
              entry.hurried = true;
            }
          });
      free.sort();
      available.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether an operation is here and not being sent. */
  public boolean isWaiting(long sequence) {
    lock.lock();
    try {
      Entry entry = entries.get(sequence);
      return entry != null && entry.state() == Entry.State.WAITING;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until an operation is not here any more, and returns whether that came about in time. */
  public boolean awaitGone(long sequence, long waitNanos) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      return awaitGoneLocked(sequence, waitNanos);
    } finally {
      lock.unlock();
    }
  }

  /** Waits until nothing is here, and returns whether that came about in time. */
  public boolean awaitEmpty(long waitNanos) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      return awaitGoneLocked(null, waitNanos);
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private boolean awaitGoneLocked(@Nullable Long sequence, long nanos) throws InterruptedException {
    awaiting++;
    try {
      long left = nanos;
      while (!isGoneLocked(sequence) && left > 0) {
        left = gone.awaitNanos(left);
      }
      return isGoneLocked(sequence);
    } finally {
      awaiting--;
    }
  }

  @GuardedBy("lock")
  private boolean isGoneLocked(@Nullable Long sequence) {
    return sequence == null ? entries.size() == 0 : entries.get(sequence) == null;
  }

  @GuardedBy("lock")
  private int secondLocked() {
    return (int) ((nanoTime.getAsLong() - begun) / SECOND_NANOS);
  }

  /** Returns how many operations there are. */
  public int size() {
    return size;
  }

  /** Returns how long the oldest operation is here, to a second. */
  public long ageNanos() {
    lock.lock();
    try {
      int now = secondLocked();
      return (now - ages.oldest(now)) * SECOND_NANOS;
    } finally {
      lock.unlock();
    }
  }

  /** Says whether operations are given out before their time, unless they failed before. */
  public void rush(boolean now) {
    lock.lock();
    try {
      rushed = now;
      available.signalAll();
    } finally {
      lock.unlock();
    }
  }

  public Status status() {
    lock.lock();
    try {
      return new Status(entries.size(), free.size(), sending, paused);
    } finally {
      lock.unlock();
    }
  }

  /** Gives nothing out until {@link #resume}. */
  public void pause() {
    lock.lock();
    try {
      paused = true;
    } finally {
      lock.unlock();
    }
  }

  public void resume() {
    lock.lock();
    try {
      paused = false;
      available.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Gives nothing out any more; who waits for something is told at once. */
  public void stop() {
    lock.lock();
    try {
      stopped = true;
      available.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
