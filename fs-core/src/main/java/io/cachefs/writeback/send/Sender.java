package io.cachefs.writeback.send;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.source.Source;
import io.cachefs.writeback.queue.Operation;
import io.cachefs.writeback.queue.SendQueue;
import java.io.Closeable;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends to the source what waits in a queue, with several threads. Thread-safe.
 *
 * <p>An operation that fails stays and is tried again later; only what waits for it waits. While
 * the source is down, or this is told to be offline, nothing is tried.
 */
public final class Sender implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(Sender.class);

  /** A thread that waits for nothing looks up so often. */
  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** Who drains is told so often how far it is. */
  private static final long PROGRESS_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private final SendQueue queue;
  private final Book book;
  private final SendSettings settings;
  private final LongSupplier nanoTime;
  private final Delivery delivery;
  private final Failures failures;
  private final LongAdder sent = new LongAdder();
  private final LongAdder sentBytes = new LongAdder();
  private final LongAdder conflictCount = new LongAdder();
  private final List<Thread> threads = new ArrayList<>();

  private final Consumer<Conflict> conflicts;

  /** Written with the lock of this. */
  private volatile @Nullable String down;

  /** Written with the lock of this. */
  private volatile boolean offline;

  private volatile boolean closed;

  /** One that tells nobody of conflicts but the book and the log of the program. */
  public Sender(
      Source source,
      SendQueue queue,
      Book book,
      SendSettings settings,
      LongSupplier nanoTime,
      InstantSource time) {
    this(source, queue, book, settings, nanoTime, time, conflict -> {});
  }

  /**
   * @param nanoTime the clock of the queue
   * @param conflicts is told of each conflict, before the book is
   */
  public Sender(
      Source source,
      SendQueue queue,
      Book book,
      SendSettings settings,
      LongSupplier nanoTime,
      InstantSource time,
      Consumer<Conflict> conflicts) {
    this.conflicts = conflicts;
    this.queue = queue;
    this.book = book;
    this.settings = settings;
    this.nanoTime = nanoTime;
    this.delivery = new Delivery(source, settings, time);
    this.failures = new Failures(settings, time);
  }

  /**
   * A moment of sending.
   *
   * @param sent operations, and {@code sentBytes} of content, since the start
   * @param failed operations that wait for another attempt
   * @param conflicts since the start
   * @param down why the source is not asked, or null if it is
   * @param offline whether it is not asked because somebody said so
   */
  public record Status(
      SendQueue.Status queue,
      long sent,
      long sentBytes,
      int failed,
      long conflicts,
      @Nullable String down,
      boolean offline) {}

  /** Begins to send. */
  public void start() {
    for (int i = 0; i < settings.flushers(); i++) {
      Thread thread = new Thread(null, this::work, "cachefs-send-" + i, 0, false);
      thread.setDaemon(true);
      threads.add(thread);
      thread.start();
    }
  }

  private void work() {
    try {
      while (!closed) {
        Operation operation = queue.take(IDLE_NANOS);
        if (operation != null) {
          send(operation);
        }
      }
    } catch (InterruptedException e) {
      // Closed; what was being sent is sent again in the next life.
      Thread.currentThread().interrupt();
    }
  }

  private void send(Operation operation) {
    Shipment shipment = null;
    try {
      shipment = book.begin(operation);
      if (shipment != null) {
        Receipt receipt = delivery.deliver(shipment);
        count(shipment, receipt);
        book.sent(operation, shipment, receipt);
      }
      failures.remove(operation);
      queue.done(operation.sequence());
    } catch (FsException e) {
      failed(operation, shipment, e);
    } catch (RuntimeException | Error e) {
      LOG.error("Sending {} failed in a way that is a fault of the program", operation, e);
      failed(operation, shipment, new FsException(Errno.EIO, "a fault of the program", e));
    }
  }

  private void count(Shipment shipment, Receipt receipt) {
    sent.increment();
    sentBytes.add(Math.max(0, Failures.size(shipment)));
    Conflict conflict = receipt.conflict();
    if (conflict != null) {
      conflictCount.increment();
      LOG.warn("Conflict: {}", conflict);
      conflicts.accept(conflict);
    }
  }

  private void failed(Operation operation, @Nullable Shipment shipment, FsException why) {
    long pause = 0;
    if (!closed && !isStopped()) {
      pause = failures.add(operation, shipment, why).toNanos();
      tell(operation, why);
    }
    long next = nanoTime.getAsLong() + pause;
    if (shipment == null) {
      queue.giveBack(operation.sequence(), next);
    } else {
      queue.retryAt(operation.sequence(), next);
    }
  }

  private void tell(Operation operation, FsException why) {
    try {
      book.failed(operation, why);
    } catch (RuntimeException e) {
      LOG.error("Nobody could be told that {} failed", operation, e);
    }
  }

  private boolean isStopped() {
    return down != null || offline;
  }

  // --- Whether the source is asked ---

  /** The source does not answer: nothing is tried until {@link #sourceUp}. */
  public synchronized void sourceDown(String why) {
    down = why;
    queue.pause();
  }

  /** The source answers again; what failed while it did not is tried at once. */
  public synchronized void sourceUp() {
    if (down != null) {
      down = null;
      resume();
    }
  }

  /** Sends nothing from now on; what is being sent is finished. */
  public synchronized void goOffline() {
    offline = true;
    queue.pause();
  }

  /** Sends again, if the source is up. */
  public synchronized void goOnline() {
    if (offline) {
      offline = false;
      resume();
    }
  }

  @GuardedBy("this")
  private void resume() {
    if (!isStopped()) {
      retry(false);
      queue.resume();
    }
  }

  /** Tries again at once what failed. */
  public void retryAll() {
    retry(true);
  }

  private void retry(boolean permanentToo) {
    long now = nanoTime.getAsLong();
    for (Failure failure : failures.list()) {
      if (permanentToo || !failure.permanent()) {
        queue.postpone(failure.sequence(), now);
      }
    }
  }

  // --- Waiting for it ---

  /** Hears how much is left. */
  public interface Progress {
    void left(int operations);
  }

  /**
   * Sends all without delay.
   *
   * @return how many operations are left at the end of that time
   */
  public int drain(long waitNanos, Progress progress) throws InterruptedException {
    long end = nanoTime.getAsLong() + waitNanos;
    retryAll();
    queue.hurryAll();
    long left = waitNanos;
    while (left > 0 && !queue.awaitEmpty(Math.min(left, PROGRESS_NANOS))) {
      progress.left(queue.status().all());
      queue.hurryAll();
      left = end - nanoTime.getAsLong();
    }
    int remaining = queue.status().all();
    progress.left(remaining);
    return remaining;
  }

  /** Sends an operation and all that it waits for; returns whether it is sent in that time. */
  public boolean drain(long sequence, long waitNanos) throws InterruptedException {
    queue.hurry(sequence);
    return queue.awaitGone(sequence, waitNanos);
  }

  // --- What is to be known ---

  public Status status() {
    return new Status(
        queue.status(),
        sent.sum(),
        sentBytes.sum(),
        failures.count(),
        conflictCount.sum(),
        down,
        offline);
  }

  /** Returns how an operation failed, or null if it did not. */
  public @Nullable Failure failure(long sequence) {
    return failures.get(sequence);
  }

  /** Returns what failed and is to be tried again, the oldest first. */
  public List<Failure> failures() {
    return failures.list();
  }

  /** Returns whether all that is left cannot be sent for now. */
  public boolean isStuck() {
    SendQueue.Status now = queue.status();
    return isStopped() || (now.all() > 0 && now.sending() == 0 && failures.count() >= now.free());
  }

  /**
   * Ends sending. What is being sent has a moment to be finished; it is sent again if it is not.
   */
  @Override
  public void close() {
    closed = true;
    queue.stop();
    boolean interrupted = false;
    long end = nanoTime.getAsLong() + TimeUnit.SECONDS.toNanos(5);
    for (Thread thread : threads) {
      long left = TimeUnit.NANOSECONDS.toMillis(end - nanoTime.getAsLong());
      try {
        thread.join(Math.max(1, left));
        if (thread.isAlive()) {
          thread.interrupt();
        }
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
