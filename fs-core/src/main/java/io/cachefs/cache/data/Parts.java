package io.cachefs.cache.data;

import io.cachefs.cache.data.fetch.BufferPool;
import io.cachefs.cache.data.fetch.FetchPool;
import io.cachefs.cache.data.memory.MemoryTier;
import io.cachefs.store.BlobStore;
import io.cachefs.store.Index;
import io.cachefs.store.StoreException;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What all contents of a cache share. Thread-safe. */
final class Parts {
  private static final Logger log = LoggerFactory.getLogger(Parts.class);

  /** How long nothing is written after the disk failed, so that a dead disk costs no time. */
  private static final long REST_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** How long a block that was compared with its checksum is trusted. */
  private static final long CHECK_AGAIN_NANOS = TimeUnit.MINUTES.toNanos(10);

  // Given at construction, never changes.
  final Index index;
  final BlobStore blobs;
  final Space space;
  final DataSettings settings;
  final InstantSource time;
  final LongSupplier nanos;
  final ContentListener listener;
  final BufferPool buffers;
  final FetchPool pool;
  final MemoryTier memory;
  final Counters counters = new Counters();

  /** The ids of blobs that are being written and have no record yet. */
  final Set<Long> drafts = ConcurrentHashMap.newKeySet();

  private final long beganAtNanos;

  // State.
  private final AtomicLong restsUntilNanos = new AtomicLong();
  private volatile boolean failed;
  private volatile int period;

  Parts(
      Index index,
      BlobStore blobs,
      Space space,
      DataSettings settings,
      InstantSource time,
      LongSupplier nanos,
      ContentListener listener) {
    this.index = index;
    this.blobs = blobs;
    this.space = space;
    this.settings = settings;
    this.time = time;
    this.nanos = nanos;
    this.listener = listener;
    this.buffers = new BufferPool(settings.streams());
    this.pool = new FetchPool(settings.streams());
    boolean kept = settings.verify() != Verification.FULL;
    this.memory =
        new MemoryTier(
            kept ? settings.memoryBytes() : 0,
            settings.shards(),
            Runtime.getRuntime().availableProcessors());
    this.beganAtNanos = nanos.getAsLong();
  }

  /** Notes that the disk of the cache failed; the first time in a row is worth a warning. */
  void diskFailed(StoreException why) {
    counters.storeFailures.increment();
    restsUntilNanos.set(nanos.getAsLong() + REST_NANOS);
    if (!failed) {
      failed = true;
      log.warn("The cache disk failed, the source is read instead: {}", why.getMessage());
    }
  }

  void diskWorks() {
    if (failed) {
      failed = false;
      log.info("The cache disk works again");
    }
  }

  /** Returns whether it is worth trying to write. */
  boolean mayWrite() {
    return !failed || nanos.getAsLong() - restsUntilNanos.get() >= 0;
  }

  /** Returns the number of the period in which a check is still trusted. */
  int period() {
    return period;
  }

  /** Begins a new period when it is time. */
  void advancePeriod() {
    if (settings.verify() == Verification.READ) {
      period = (int) ((nanos.getAsLong() - beganAtNanos) / CHECK_AGAIN_NANOS);
    }
  }
}
