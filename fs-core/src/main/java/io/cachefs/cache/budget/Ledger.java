package io.cachefs.cache.budget;

import io.cachefs.store.BlobStore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Who has how much of the disk. What is written is reserved before, and released after it was
 * removed. Thread-safe, without locks of its own; reserving allocates nothing while there is room.
 *
 * <p>{@link #tryReserve} may evict in the calling thread, so it is called without locks.
 */
public final class Ledger {
  /** Eviction begins when more than this part is used, and stops below the other. */
  private static final double HIGH = 0.95;

  private static final double LOW = 0.90;

  /** Above the floor of free inodes so many are to be left before they are needed. */
  private static final long FILES_LEFT = 1000;

  private final Bounds bounds;
  private final FreeSpace free;
  private final DiskHealth health;
  private final LongSupplier indexUsed;
  private final Account bytes;
  private final Account files;
  private final Account pinned;
  private final AtomicLong refused = new AtomicLong();
  private volatile Room room = Room.NONE;

  /**
   * Begins with what is kept already.
   *
   * @param blobs whose file system is asked for free space
   * @param indexUsed how many bytes the index has on the disk; asked often
   * @param nanos a clock that only goes forward
   * @param contentBytes what is kept already
   * @param contents likewise
   * @param pinnedBytes likewise
   */
  public Ledger(
      Bounds bounds,
      BlobStore blobs,
      DiskHealth health,
      LongSupplier indexUsed,
      LongSupplier nanos,
      long contentBytes,
      long contents,
      long pinnedBytes) {
    this.bounds = bounds;
    this.health = health;
    this.indexUsed = indexUsed;
    this.bytes = new Account(bounds.contentBytes(indexUsed.getAsLong()));
    this.files = new Account(bounds.files());
    this.pinned = new Account(bounds.pinnedBytes());
    this.free = new FreeSpace(bounds, blobs::free, nanos);
    bytes.add(contentBytes + contents * Bounds.FILE_BYTES);
    files.add(contents);
    pinned.add(pinnedBytes);
  }

  /** Says who makes room; until then nobody does. */
  public void setRoom(Room maker) {
    room = maker;
    if (isTight()) {
      maker.wake();
    }
  }

  /**
   * Reserves space before it is used, making room if there is none. False means: do without; then
   * nothing is reserved.
   *
   * @param wantedBytes in whole pages, see {@link Bounds#pages}
   * @param wantedFiles 1 for who makes a new content, else 0
   */
  public boolean tryReserve(long wantedBytes, long wantedFiles) {
    if (!health.mayWrite()) {
      refused.incrementAndGet();
      return false;
    }
    boolean taken = reserve(wantedBytes + wantedFiles * Bounds.FILE_BYTES, wantedFiles);
    if (!taken) {
      refused.incrementAndGet();
    }
    return taken;
  }

  /**
   * As {@link #tryReserve}, for bytes that there is no doing without: whether the disk can be
   * written shows when they are.
   */
  public boolean tryReserveAnyway(long wantedBytes) {
    return reserve(wantedBytes, 0);
  }

  private boolean reserve(long charge, long wantedFiles) {
    if (free.isStale()) {
      ask();
    }
    boolean taken = take(charge, wantedFiles);
    if (!taken) {
      room.make(charge, wantedFiles);
      // What was freed shows only when the file system is asked again.
      ask();
      taken = take(charge, wantedFiles);
    }
    if (taken && isTight()) {
      room.wake();
    }
    return taken;
  }

  private boolean take(long charge, long wantedFiles) {
    if (bytes.tryTake(charge)) {
      if (files.tryTake(wantedFiles)) {
        if (free.tryTake(charge, wantedFiles)) {
          return true;
        }
        files.giveBack(wantedFiles);
      }
      bytes.giveBack(charge);
    }
    return false;
  }

  private void ask() {
    free.ask();
    bytes.limit(bounds.contentBytes(indexUsed.getAsLong()));
  }

  /** Gives back what was reserved, after it was removed or because it was not used. */
  public void release(long releasedBytes, long releasedFiles) {
    bytes.giveBack(releasedBytes + releasedFiles * Bounds.FILE_BYTES);
    files.giveBack(releasedFiles);
  }

  /** Adds what turned out to be used although nobody reserved it; room is made for it. */
  public void charge(long foundBytes) {
    bytes.add(foundBytes);
    if (isTight()) {
      room.wake();
    }
  }

  /** Takes from the quota of pins; false if there is too little of it. */
  public boolean tryPin(long pinnedBytes) {
    return pinned.tryTake(pinnedBytes);
  }

  public void unpin(long pinnedBytes) {
    pinned.giveBack(pinnedBytes);
  }

  /** Returns whether it is time to make room ahead of need. */
  public boolean isTight() {
    return exceeds(HIGH);
  }

  /** Returns whether more room is to be made, once that has begun. */
  public boolean isAboveLow() {
    return exceeds(LOW);
  }

  private boolean exceeds(double part) {
    return bytes.used() > part * bytes.limit()
        || files.used() > part * files.limit()
        || free.bytesLeft() < Math.min((1 - part) * bytes.used(), FreeSpace.INTERVAL_BYTES)
        || free.filesLeft() < Math.min((1 - part) * files.used(), FILES_LEFT);
  }

  /** Returns whether so much could be reserved just now. */
  public boolean hasRoom(long wantedBytes, long wantedFiles) {
    return bytes.used() + wantedBytes <= bytes.limit()
        && files.used() + wantedFiles <= files.limit()
        && free.bytesLeft() >= wantedBytes
        && free.filesLeft() >= wantedFiles;
  }

  /** Returns whether it is the file system that is short, and not the cache that is full. */
  public boolean isShortOfFreeSpace(long wantedBytes, long wantedFiles) {
    return free.bytesLeft() < Math.max(wantedBytes, FreeSpace.INTERVAL_BYTES)
        || free.filesLeft() < Math.max(wantedFiles, FILES_LEFT);
  }

  /** Asks the file system for its free space now. */
  public void refresh() {
    ask();
  }

  /**
   * A moment of the ledger.
   *
   * @param usedBytes by content, as it is charged
   * @param limitBytes what content may have while the index is as large as it is
   * @param indexBytes what the index has
   * @param freeBytes what may still be taken before a floor is reached, as far as known
   * @param refused how often nothing was reserved
   */
  public record Status(
      long usedBytes,
      long limitBytes,
      long indexBytes,
      long files,
      long fileLimit,
      long pinnedBytes,
      long pinnedLimit,
      long freeBytes,
      long freeFiles,
      long refused,
      DiskHealth.Status disk) {}

  public Status status() {
    return new Status(
        bytes.used(),
        bytes.limit(),
        indexUsed.getAsLong(),
        files.used(),
        files.limit(),
        pinned.used(),
        pinned.limit(),
        free.bytesLeft(),
        free.filesLeft(),
        refused.get(),
        health.status());
  }
}
