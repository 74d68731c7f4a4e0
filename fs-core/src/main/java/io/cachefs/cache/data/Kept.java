package io.cachefs.cache.data;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.cache.data.block.BlockMap;
import io.cachefs.cache.data.block.Blocks;
import io.cachefs.store.ContentRecord;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What the index knows of a content, and what it is to be told. Thread-safe.
 *
 * <p>It is told in batches: when a group is full, when some time has passed, and when it is asked
 * for.
 */
final class Kept {
  private static final long BATCH_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  /** Counting the blocks of a larger file, kept in part from before, would take too long. */
  private static final int COUNTED_GROUPS = 16 * 1024;

  // Given at construction, never changes.
  private final Parts parts;
  private final ActiveContent content;
  private final long total;
  private final PinShare pin;
  private final long usedAtMillis;
  private final int uses;

  // State.
  private volatile boolean complete;

  @GuardedBy("this")
  private boolean recorded;

  @GuardedBy("this")
  private long recordedBytes;

  @GuardedBy("this")
  private long fetchedAtMillis;

  @GuardedBy("this")
  private final Set<Integer> changedGroups = new TreeSet<>();

  @GuardedBy("this")
  private boolean groupFilled;

  @GuardedBy("this")
  private long toldAtNanos;

  /** Blocks confirmed; not known while negative. */
  @GuardedBy("this")
  private long confirmed;

  Kept(Parts parts, ActiveContent content, @Nullable ContentRecord record, PinShare pin) {
    this.parts = parts;
    this.content = content;
    this.total = Blocks.count(content.version().size());
    this.pin = pin;
    this.usedAtMillis = parts.time.millis();
    this.toldAtNanos = parts.nanos.getAsLong();
    if (record == null) {
      this.uses = 0;
      return;
    }
    this.uses = record.uses();
    this.complete = (record.flags() & ContentRecord.COMPLETE) != 0;
    synchronized (this) {
      recorded = true;
      recordedBytes = record.storedBytes();
      fetchedAtMillis = record.fetchedAtMillis();
      confirmed = complete ? total : -1;
    }
    content.restored(record);
  }

  boolean isComplete() {
    return complete;
  }

  /** Notes that something was fetched. */
  synchronized void fetched() {
    if (fetchedAtMillis == 0) {
      fetchedAtMillis = parts.time.millis();
      content.fetchedAt(fetchedAtMillis);
    }
  }

  /** Makes all be fetched again once the source answers: a part was not confirmed. */
  synchronized void doubt() {
    fetchedAtMillis = Math.max(1, ActiveContent.changedAtMillis(content.version()));
    content.fetchedAt(fetchedAtMillis);
  }

  /** Counts what is there from before, so that it is noticed when all is. */
  void count(BlockMap map) {
    if (map.groups() > COUNTED_GROUPS || isCounted()) {
      return;
    }
    recount(map);
  }

  private synchronized boolean isCounted() {
    return confirmed >= 0;
  }

  /** Counts what is confirmed, however long it takes. */
  void recount(BlockMap map) {
    for (int group = 0; group < map.groups(); group++) {
      map.group(group); // Loaded without the lock.
    }
    synchronized (this) {
      confirmed = 0;
      for (int group = 0; group < map.groups(); group++) {
        confirmed += map.group(group).confirmedCount();
      }
      complete = confirmed == total;
    }
  }

  /** Notes that blocks are of the version. */
  synchronized void confirm(BlockMap map, long first, long last) {
    for (long block = first; block <= last; block++) {
      if (!map.groupOf(block).confirm(Blocks.inGroup(block))) {
        continue;
      }
      changedGroups.add(Blocks.groupOf(block));
      groupFilled |= Blocks.inGroup(block + 1) == 0;
      if (confirmed >= 0) {
        confirmed++;
        complete = confirmed == total;
      }
    }
  }

  /** Returns whether all is confirmed once {@code waiting} more blocks are. */
  synchronized boolean isCompleteWith(long waiting) {
    return confirmed >= 0 && confirmed + waiting >= total;
  }

  /** Notes that a confirmed block is not there any more. */
  synchronized void lost(long block) {
    complete = false;
    changedGroups.add(Blocks.groupOf(block));
    if (confirmed > 0) {
      confirmed--;
    }
  }

  /** Notes that nothing is there any more. */
  synchronized void allLost() {
    complete = false;
    confirmed = 0;
    changedGroups.clear();
    fetchedAtMillis = 0;
    recordedBytes = 0;
    if (recorded && !content.isDead()) {
      // The groups go with the record, which is put again with the first block.
      parts.index.removeContent(content.id());
    }
    recorded = false;
  }

  /**
   * Hands over what is confirmed.
   *
   * @param now or only if it is time
   * @return whether the index knows of the content since this call
   */
  synchronized boolean publish(BlockMap map, LongSupplier charged, boolean now) {
    // Asked under the lock: an older sum must not be told after a newer one.
    long chargedBytes = charged.getAsLong();
    boolean isNews = !changedGroups.isEmpty() || (recorded && recordedBytes != chargedBytes);
    long nanos = parts.nanos.getAsLong();
    if (content.isDead()
        || !isNews
        || !(now || groupFilled || complete || nanos - toldAtNanos >= BATCH_NANOS)) {
      return false;
    }
    toldAtNanos = nanos;
    groupFilled = false;
    parts.index.putContent(record(chargedBytes));
    for (int group : changedGroups) {
      parts.index.putBlocks(content.id(), group, map.group(group).confirmed());
    }
    changedGroups.clear();
    recordedBytes = chargedBytes;
    boolean first = !recorded;
    recorded = true;
    return first;
  }

  @GuardedBy("this")
  private ContentRecord record(long chargedBytes) {
    int flags =
        (complete ? ContentRecord.COMPLETE : 0)
            | (pin.isPinned() ? ContentRecord.PINNED : 0)
            | content.originFlags();
    return new ContentRecord(
        content.id(),
        content.file(),
        content.version(),
        chargedBytes,
        flags,
        fetchedAtMillis,
        usedAtMillis,
        uses);
  }

  /** Tells the index what changed of the record, such as its version. */
  synchronized void restamp(LongSupplier charged) {
    long chargedBytes = charged.getAsLong();
    if (recorded && !content.isDead()) {
      parts.index.putContent(record(chargedBytes));
      recordedBytes = chargedBytes;
    }
  }

  /** Makes the content dead and takes it out of the index; returns false if it was dead. */
  synchronized boolean kill() {
    if (content.isDead()) {
      return false;
    }
    content.setDead();
    if (recorded) {
      parts.index.removeContent(content.id());
    }
    return true;
  }

  /** Pins the content or ends that, and tells the index; false if the quota is used up. */
  boolean setPinned(boolean wanted, AtomicLong charged) {
    boolean before = pin.isPinned();
    boolean done = pin.set(wanted, charged);
    if (pin.isPinned() != before) {
      restamp(charged::get);
    }
    return done;
  }

  synchronized boolean isRecorded() {
    return recorded;
  }

  void checkInvariants(BlockMap map) {
    synchronized (this) {
      long counted = 0;
      for (int group = 0; group < map.groups(); group++) {
        counted += map.group(group).confirmedCount();
      }
      if (confirmed >= 0 && confirmed != counted) {
        throw new IllegalStateException(confirmed + " confirmed blocks counted of " + counted);
      }
    }
  }
}
