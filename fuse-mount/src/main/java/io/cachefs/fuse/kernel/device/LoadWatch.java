package io.cachefs.fuse.kernel.device;

import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Decides how many threads wait for requests at a time.
 *
 * <p>One is best as long as requests are served at once: the kernel then switches between client
 * and server on one processor more often, while several readers take turns and each sleeps and
 * wakes for every request. But while one thread serves a request that waits for the source, others
 * must be served, and several busy clients need several threads. So a look every few milliseconds
 * finds out which it is: a request that is still served since the last look means that the source
 * is slow; nobody reading at most looks means that clients wait. A request that has been served for
 * long is one that hangs: it says nothing of those that come now.
 *
 * <p>The thread sleeps while no requests come. Owned by itself but for {@link #wanted} and {@link
 * #wake}, which any thread may call.
 */
final class LoadWatch {
  /** A request that takes longer than this must not hold up others. */
  private static final long LOOK_NANOS = 2_000_000;

  /** After a slow request several threads read for so many looks, a second. */
  private static final int SLOW_LOOKS = 500;

  /** How many looks make up the decision whether clients wait. */
  private static final int SAMPLE = 16;

  private static final int CROWDED_FROM = 15;

  /** Without any request for so many looks the watch sleeps. */
  private static final int IDLE_LOOKS = 10;

  private static final int MOST_READERS = 3;

  /** What is watched. */
  interface Pool {
    /** Returns the turns of all workers. */
    List<Turns> turns();

    boolean nobodyReads();

    void addReader();

    boolean isUnmounted();
  }

  /** Counts beginnings and ends of requests of one worker: odd while it serves. */
  static final class Turns {
    private final AtomicLong count = new AtomicLong();
    private long seen;
    private int looksAtTheSame;

    /** Called by the worker before and after each request. */
    void next() {
      // A full store: the watch must not fall asleep without having seen it.
      count.set(count.get() + 1);
    }
  }

  private final Pool pool;
  private final Thread thread = new Thread(this::run, "fuse-watch");
  private volatile boolean asleep;
  private volatile int wanted = 1;

  private int slowLooks;
  private int looks;
  private int looksWithoutReader;
  private boolean crowded;

  LoadWatch(Pool pool) {
    this.pool = pool;
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  /** Returns how many threads should wait for requests; at least one. */
  int wanted() {
    return wanted;
  }

  /** Called when a request is begun and nobody reads any more. */
  void wake() {
    if (asleep) {
      LockSupport.unpark(thread);
    }
  }

  private void run() {
    int idle = 0;
    while (!pool.isUnmounted()) {
      idle = look() ? 0 : idle + 1;
      crowded &= idle < IDLE_LOOKS;
      // Not before it is back to one reader: nobody wakes the watch while others read.
      if (idle < IDLE_LOOKS || wanted > 1) {
        LockSupport.parkNanos(this, LOOK_NANOS);
      } else {
        asleep = true;
        // Whoever begins a request after this line sees the flag; who began before is seen here.
        if (!look() && !pool.isUnmounted()) {
          LockSupport.park(this);
        }
        asleep = false;
        idle = 0;
      }
    }
  }

  /** Looks once; returns whether anything was or is served. */
  private boolean look() {
    boolean active = false;
    boolean slow = false;
    for (Turns turns : pool.turns()) {
      long now = turns.count.get();
      turns.looksAtTheSame = now == turns.seen ? turns.looksAtTheSame + 1 : 0;
      boolean hangs = turns.looksAtTheSame > SLOW_LOOKS;
      boolean serving = (now & 1) == 1 && !hangs;
      active |= serving || now != turns.seen;
      slow |= serving && now == turns.seen;
      turns.seen = now;
    }
    boolean nobodyReads = pool.nobodyReads();
    slowLooks = slow ? SLOW_LOOKS : Math.max(0, slowLooks - 1);
    if (active) {
      sample(nobodyReads);
    }
    wanted = slowLooks > 0 || crowded ? MOST_READERS : 1;
    if (nobodyReads && wanted > 1) {
      pool.addReader();
    }
    return active;
  }

  private void sample(boolean nobodyReads) {
    looksWithoutReader += nobodyReads ? 1 : 0;
    looks++;
    if (looks == SAMPLE) {
      crowded = looksWithoutReader >= CROWDED_FROM;
      looks = 0;
      looksWithoutReader = 0;
    }
  }

  /** Lets the thread notice that nothing is mounted any more. */
  void end() {
    LockSupport.unpark(thread);
  }
}
