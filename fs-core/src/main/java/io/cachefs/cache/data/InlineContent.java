package io.cachefs.cache.data;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.ByteRange;
import io.cachefs.base.Errno;
import io.cachefs.base.FileKey;
import io.cachefs.base.FsException;
import io.cachefs.base.Passthrough;
import io.cachefs.base.Version;
import io.cachefs.store.ContentRecord;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A content that lies in the index: a small file, fetched by one call and confirmed at once. While
 * it is in use its bytes are on the heap.
 */
final class InlineContent extends ActiveContent {
  private static final byte[] NOTHING = {};

  // Given at construction, never changes.
  private final DataCache cache;
  private final int size;
  private final int usedTimes;
  private final Flights flights = new Flights();

  // State.

  /** It takes nothing of the quota: what it takes is the index's. */
  private volatile boolean pinned;

  private volatile byte @Nullable [] bytes;

  @GuardedBy("lock")
  private boolean recorded;

  @GuardedBy("lock")
  private long fetchedAtMillis;

  /** Whether space was reserved for one content; only who carries out a flight reserves it. */
  private final AtomicBoolean counted;

  private final Object lock = new Object();

  InlineContent(
      DataCache cache,
      Parts parts,
      long id,
      FileKey file,
      Version version,
      @Nullable ContentRecord record,
      boolean pinned) {
    super(parts, id, file, version, cache::endUse);
    this.cache = cache;
    this.size = (int) version.size();
    this.pinned = pinned;
    this.usedTimes = record == null ? 0 : record.uses();
    this.bytes = size == 0 ? NOTHING : null;
    this.counted = new AtomicBoolean(record != null);
    if (record != null) {
      restored(record);
      synchronized (lock) {
        recorded = true;
        fetchedAtMillis = record.fetchedAtMillis();
      }
      if (PinShare.isPinned(record) != pinned) {
        setPinned(pinned);
      }
    }
  }

  @Override
  public int read(long offset, ByteBuffer target, Origin origin, @Nullable ReadAhead ahead)
      throws FsException {
    if (isDead()) {
      return bypass(offset, target, origin);
    }
    byte[] known = bytes;
    if (known == null) {
      known = bytes(origin);
      if (known == null || isDead()) {
        return bypass(offset, target, origin);
      }
    } else {
      parts.counters.diskHits.increment();
    }
    if (offset >= size) {
      return 0;
    }
    int count = (int) Math.min(target.remaining(), size - offset);
    target.put(known, (int) offset, count);
    return count;
  }

  /** Returns the bytes from the index or from the origin; null if the content is dead. */
  private byte @Nullable [] bytes(Origin origin) throws FsException {
    int failures = 0;
    while (!isDead()) {
      byte[] known = load();
      if (known != null) {
        return known;
      }
      Flights.Claim claim = flights.claim(0, 0, block -> bytes != null);
      if (claim == null) {
        continue;
      }
      if (claim.isMine()) {
        return fetch(claim.flight(), origin);
      }
      if (claim.flight().await() == Flight.Outcome.FAILED) {
        FsException failure = claim.flight().failure();
        if (failures++ > 0 && failure != null) {
          throw failure;
        }
      }
    }
    return null;
  }

  private byte @Nullable [] load() {
    byte[] known = bytes;
    if (known != null) {
      return known;
    }
    synchronized (lock) {
      if (!recorded || isDead()) {
        return null;
      }
      known = parts.index.inline(id());
      if (known != null && known.length == size) {
        bytes = known;
        parts.counters.diskHits.increment();
        parts.counters.diskHitBytes.add(size);
        return known;
      }
      // The record is damaged or lost; it is put again after the fetch.
      recorded = false;
      parts.counters.damaged.increment();
      return null;
    }
  }

  private byte @Nullable [] fetch(Flight flight, Origin origin) throws FsException {
    Flight.Outcome outcome = Flight.Outcome.FAILED;
    FsException failure = null;
    ByteBuffer pooled = parts.buffers.take(size);
    ByteBuffer buffer = pooled == null ? ByteBuffer.allocateDirect(size) : pooled;
    boolean isNew = false;
    try {
      parts.counters.misses.increment();
      buffer.limit(size);
      long now = parts.time.millis();
      boolean isWhole = readFully(origin, 0, buffer) == size;
      Version before = version();
      Version after = isWhole ? Version.of(origin.attributes()) : null;
      if (after == null || !(after.equals(before) || after.equals(version()))) {
        versionGone();
        return null;
      }
      byte[] fetched = new byte[size];
      buffer.flip().get(fetched);
      fetchedAt(now);
      isNew = keep(fetched, now);
      outcome = Flight.Outcome.STORED;
      return fetched;
    } catch (FsException e) {
      failure = e;
      throw e;
    } finally {
      flights.remove(flight);
      flight.end(outcome, failure);
      if (pooled != null) {
        parts.buffers.give(pooled);
      }
      if (isNew) {
        parts.listener.changedId(file(), id());
      }
    }
  }

  private boolean keep(byte[] fetched, long nowMillis) {
    // Without room they are kept as long as they are in use.
    bytes = fetched;
    if (!counted.get() && parts.space.tryReserve(0, 1)) {
      counted.set(true);
    }
    synchronized (lock) {
      if (isDead() || !counted.get()) {
        return false;
      }
      fetchedAtMillis = nowMillis;
      parts.index.putContent(record());
      parts.index.putInline(id(), fetched);
      recorded = true;
      return true;
    }
  }

  @GuardedBy("lock")
  private ContentRecord record() {
    int flags =
        ContentRecord.INLINE
            | ContentRecord.COMPLETE
            | (pinned ? ContentRecord.PINNED : 0)
            | originFlags();
    long now = parts.time.millis();
    return new ContentRecord(id(), file(), version(), 0, flags, fetchedAtMillis, now, usedTimes);
  }

  @Override
  public boolean isComplete() {
    if (isDead()) {
      return false;
    }
    return load() != null;
  }

  @Override
  public @Nullable Passthrough passthrough() {
    return null;
  }

  @Override
  public List<ByteRange> ranges() {
    return isComplete() && size > 0 ? List.of(new ByteRange(0, size)) : List.of();
  }

  @Override
  public void fill(Origin origin) throws FsException {
    if (bytes(origin) == null) {
      throw new FsException(Errno.ESTALE, "the file changed while it was fetched");
    }
  }

  @Override
  public void confirm(Origin origin) {
    // What is kept was confirmed when it was fetched.
  }

  @Override
  public boolean isPinned() {
    return pinned;
  }

  @Override
  final boolean setPinned(boolean wanted) {
    synchronized (lock) {
      pinned = wanted;
      if (recorded && !isDead()) {
        parts.index.putContent(record());
      }
      return true;
    }
  }

  @Override
  boolean publish(boolean all) {
    return false;
  }

  @Override
  void restamp(Version version) {
    synchronized (lock) {
      setVersion(version);
      if (recorded && !isDead()) {
        parts.index.putContent(record());
      }
    }
  }

  @Override
  boolean kill() {
    synchronized (lock) {
      if (isDead()) {
        return false;
      }
      setDead();
      if (counted.get()) {
        parts.index.removeContent(id());
      }
      return true;
    }
  }

  @Override
  boolean discard() {
    return cache.discard(this);
  }

  @Override
  void dispose() {
    if (isDead() && counted.getAndSet(false)) {
      parts.space.release(0, 1);
    }
  }
}
