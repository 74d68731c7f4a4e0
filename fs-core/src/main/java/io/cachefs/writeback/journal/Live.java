package io.cachefs.writeback.journal;

import java.util.concurrent.atomic.AtomicLong;

/** What is live in all segments together. Thread-safe. */
public final class Live {
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong records = new AtomicLong();
  private final AtomicLong heads = new AtomicLong();
  private final AtomicLong all = new AtomicLong();

  Live() {}

  void add(long moreBytes, long moreRecords, long moreHeads) {
    bytes.addAndGet(moreBytes);
    records.addAndGet(moreRecords);
    heads.addAndGet(moreHeads);
  }

  /** Records come, or go with their segment. */
  void addAll(long more) {
    all.addAndGet(more);
  }

  /** Returns how many records there are with those that are dead and still there. */
  public long all() {
    return all.get();
  }

  /** Returns the bytes of the records, as they are on the disk. */
  public long bytes() {
    return bytes.get();
  }

  /** Returns how many records there are. */
  public long records() {
    return records.get();
  }

  /** Returns the bytes of what comes before the payloads. */
  public long heads() {
    return heads.get();
  }
}
