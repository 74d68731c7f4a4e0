package io.cachefs.fuse.kernel.device;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.fuse.kernel.dispatch.Dispatcher;
import io.cachefs.fuse.kernel.dispatch.Exchange;
import io.cachefs.fuse.kernel.dispatch.InFlight;
import io.cachefs.fuse.kernel.wire.Opcode;
import io.cachefs.fuse.kernel.wire.Request;
import io.cachefs.sys.NativeBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The threads that serve a mount. Each reads a request and serves it itself: handing it to another
 * would cost a second wake-up, which is most of the time of a fast request.
 *
 * <p>Concurrency. As many threads as {@link LoadWatch} wants wait in a read. If that is more than
 * one, whoever takes a request and leaves nobody reading wakes a parked thread, the one parked
 * last, or starts one; else the watch does so if the request takes long. Who comes back when enough
 * are reading parks, and ends after a while. At most {@code limit} requests are served at a time,
 * and there is one thread more than that: when all others are stuck it still reads, serves what
 * cannot block (interrupts, forgets), and puts the rest into a {@link Backlog}.
 *
 * <p>No request is left waiting beside a free thread: a reader first puts a request into the
 * backlog and then looks for a free permit, a server first frees its permit and then looks into the
 * backlog. In the same way who parks first becomes visible and then looks whether anybody reads.
 */
final class WorkerPool implements LoadWatch.Pool {
  private static final Duration IDLE = Duration.ofSeconds(30);

  // Given at construction, never changes.
  private final RequestChannel channel;
  private final Dispatcher dispatcher;
  private final InFlight inFlight;
  private final Backlog backlog;
  private final int maxThreads;
  private final Runnable allEnded;

  // State.
  private final LoadWatch watch = new LoadWatch(this);
  private final Semaphore servingPermits;
  private final AtomicInteger reading = new AtomicInteger();
  private final AtomicInteger threads = new AtomicInteger();
  private final AtomicInteger names = new AtomicInteger();
  private final CountDownLatch unmounted = new CountDownLatch(1);
  private final CountDownLatch ended = new CountDownLatch(1);
  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock")
  private final Deque<Worker> parked = new ArrayDeque<>();

  @GuardedBy("lock")
  private final Deque<Worker> all = new ArrayDeque<>();

  /** Serves at most {@code limit} requests at a time; {@code allEnded} runs after the last. */
  WorkerPool(
      RequestChannel channel,
      Dispatcher dispatcher,
      InFlight inFlight,
      Backlog backlog,
      int limit,
      Runnable allEnded) {
    this.channel = channel;
    this.dispatcher = dispatcher;
    this.inFlight = inFlight;
    this.backlog = backlog;
    this.maxThreads = limit + 1;
    this.servingPermits = new Semaphore(limit);
    this.allEnded = allEnded;
  }

  void start() {
    watch.start();
    boolean unused = startWorker();
  }

  int threads() {
    return threads.get();
  }

  boolean awaitUnmount(Duration atMost) throws InterruptedException {
    return unmounted.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
  }

  void awaitUnmount() throws InterruptedException {
    unmounted.await();
  }

  @Override
  public List<LoadWatch.Turns> turns() {
    lock.lock();
    try {
      return all.stream().map(worker -> worker.turns).toList();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean nobodyReads() {
    return reading.get() == 0;
  }

  @Override
  public boolean isUnmounted() {
    return unmounted.getCount() == 0;
  }

  /** Waits until every thread has ended; returns whether that is so. */
  boolean awaitEnd(Duration atMost) throws InterruptedException {
    return ended.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Interrupts the threads, which may be waiting for a source. */
  void interruptAll() {
    lock.lock();
    try {
      all.forEach(Thread::interrupt);
    } finally {
      lock.unlock();
    }
  }

  private boolean startWorker() {
    int now;
    do {
      now = threads.get();
      if (now >= maxThreads) {
        return false;
      }
    } while (!threads.compareAndSet(now, now + 1));
    Worker worker = new Worker(names.incrementAndGet());
    try {
      lock.lock();
      try {
        all.add(worker);
      } finally {
        lock.unlock();
      }
      worker.start();
      return true;
    } catch (OutOfMemoryError noThread) {
      // The others go on; when all of them are stuck, requests wait.
      workerEnded(worker);
      return false;
    }
  }

  private void workerEnded(Worker worker) {
    lock.lock();
    try {
      all.remove(worker);
    } finally {
      lock.unlock();
    }
    if (threads.decrementAndGet() == 0 && isUnmounted()) {
      allEnded.run();
      ended.countDown();
    }
  }

  /** Makes sure that somebody will read after this. */
  @Override
  public void addReader() {
    Worker worker = unpark();
    if (worker == null) {
      boolean unused = startWorker();
    }
  }

  private @Nullable Worker unpark() {
    Worker worker;
    lock.lock();
    try {
      worker = parked.pollFirst();
    } finally {
      lock.unlock();
    }
    if (worker != null) {
      worker.calls.release();
    }
    return worker;
  }

  private void noLongerMounted() {
    unmounted.countDown();
    watch.end();
    backlog.close();
    while (unpark() != null) {
      // Each one sees that it is over.
    }
  }

  private boolean startReading() {
    int now;
    do {
      now = reading.get();
      if (now >= watch.wanted()) {
        return false;
      }
    } while (!reading.compareAndSet(now, now + 1));
    return true;
  }

  private final class Worker extends Thread {
    /** One for each time this thread was taken from those parked. */
    private final Semaphore calls = new Semaphore(0);

    private final LoadWatch.Turns turns = new LoadWatch.Turns();

    private Worker(int number) {
      super("fuse-" + number);
      setDaemon(true);
    }

    @Override
    public void run() {
      NativeBuffer memory = null;
      Exchange exchange = null;
      try {
        memory = new NativeBuffer(Exchange.SIZE);
        exchange = DevicePort.exchange(memory, channel);
        inFlight.add(exchange);
        serveUntilEnd(memory, exchange);
      } finally {
        if (exchange != null) {
          inFlight.remove(exchange);
        }
        workerEnded(this);
      }
      if (!isUnmounted() && reading.get() == 0) {
        // Somebody may have looked for a reader when this thread still counted.
        addReader();
      }
    }

    private void serveUntilEnd(NativeBuffer memory, Exchange exchange) {
      while (!isUnmounted()) {
        if (!startReading()) {
          if (park()) {
            continue;
          }
          return;
        }
        int length = channel.receive(memory);
        int others = reading.decrementAndGet();
        if (length < 0) {
          noLongerMounted();
          return;
        }
        take(exchange, length, others);
      }
    }

    private void take(Exchange exchange, int length, int others) {
      if (!mayBlock(exchange, length)) {
        dispatcher.serve(exchange, length);
        return;
      }
      if (servingPermits.tryAcquire()) {
        if (others == 0 && watch.wanted() > 1) {
          addReader();
        }
        serveAndMore(exchange, length);
        return;
      }
      try {
        backlog.add(exchange.memory(), length);
      } catch (InterruptedException ending) {
        // Only done when the mount goes away, and then nobody waits for an answer.
        Thread.currentThread().interrupt();
        return;
      }
      serveBacklog(exchange);
    }

    private void serve(Exchange exchange, int length) {
      turns.next();
      if (reading.get() == 0) {
        watch.wake();
      }
      dispatcher.serve(exchange, length);
      turns.next();
    }

    /** Serves with a permit that is given back, then what came into the backlog meanwhile. */
    private void serveAndMore(Exchange exchange, int firstLength) {
      int length = firstLength;
      while (length >= 0) {
        serve(exchange, length);
        length = backlog.poll(exchange.memory());
      }
      servingPermits.release();
      serveBacklog(exchange);
    }

    private void serveBacklog(Exchange exchange) {
      while (!backlog.isEmpty() && servingPermits.tryAcquire()) {
        int length = backlog.poll(exchange.memory());
        if (length >= 0 && reading.get() == 0) {
          addReader();
        }
        while (length >= 0) {
          serve(exchange, length);
          length = backlog.poll(exchange.memory());
        }
        servingPermits.release();
      }
    }

    private static boolean mayBlock(Exchange exchange, int length) {
      if (length < Request.HEADER) {
        return false;
      }
      Opcode opcode = Opcode.find(exchange.request().opcode());
      return opcode != null && opcode.mayBlock();
    }

    /** Waits until this thread is wanted again; returns false if it is to end. */
    private boolean park() {
      lock.lock();
      try {
        parked.addFirst(this);
      } finally {
        lock.unlock();
      }
      boolean wantedByMyself = reading.get() == 0 || isUnmounted() || !backlog.isEmpty();
      boolean called = !wantedByMyself && awaitCall();
      if (!called && !unparkMyself()) {
        // Somebody chose this thread in the meantime and calls it now.
        calls.acquireUninterruptibly();
        called = true;
      }
      return called || wantedByMyself;
    }

    private boolean awaitCall() {
      try {
        return calls.tryAcquire(IDLE.toNanos(), TimeUnit.NANOSECONDS);
      } catch (InterruptedException ending) {
        return false;
      }
    }

    private boolean unparkMyself() {
      lock.lock();
      try {
        return parked.remove(this);
      } finally {
        lock.unlock();
      }
    }
  }
}
