package io.cachefs.writeback.journal;

import java.util.Arrays;
import java.util.BitSet;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One file of the journal and which of its records are live. All but the use of the file is guarded
 * by the lock of the journal.
 */
final class Segment {
  final int number;
  final DiskFile file;

  /** Readers and the journal itself; the last one closes the file. */
  private final AtomicInteger uses = new AtomicInteger(1);

  /** Where the next frame begins. */
  private int tail = SegmentHeader.BYTES;

  /** Whether something was written that no sync has begun for. */
  private boolean dirty;

  // The records, in the order of their places.
  private int count;
  private int[] starts = new int[64];
  private int[] payloads = new int[64];
  private int[] sizes = new int[64];
  private final BitSet dead = new BitSet();
  private int live;
  private long liveBytes;

  /** What is live in this one and all others. */
  private final Live all;

  Segment(int number, DiskFile file, Live all) {
    this.number = number;
    this.file = file;
    this.all = all;
  }

  /** Takes a use of the file; false if it is closed. */
  boolean tryUse() {
    int before = uses.get();
    while (before > 0) {
      if (uses.compareAndSet(before, before + 1)) {
        return true;
      }
      before = uses.get();
    }
    return false;
  }

  void endUse() {
    if (uses.decrementAndGet() == 0) {
      file.close();
    }
  }

  int tail() {
    return tail;
  }

  void setTail(int offset) {
    tail = offset;
  }

  boolean isDirty() {
    return dirty;
  }

  void setDirty(boolean now) {
    dirty = now;
  }

  /** Notes a live record. */
  void add(int start, int payload, int size) {
    if (count == starts.length) {
      resize(count + count / 2);
    }
    starts[count] = start;
    payloads[count] = payload;
    sizes[count] = size;
    count++;
    live++;
    liveBytes += size;
    all.add(size, 1, payload - start);
    all.addAll(1);
  }

  private void resize(int capacity) {
    starts = Arrays.copyOf(starts, capacity);
    payloads = Arrays.copyOf(payloads, capacity);
    sizes = Arrays.copyOf(sizes, capacity);
  }

  /** No record will be added any more. */
  void finish() {
    resize(count);
  }

  /** It is there no more. */
  void forget() {
    all.addAll(-count);
  }

  int records() {
    return count;
  }

  int start(int record) {
    return starts[record];
  }

  int live() {
    return live;
  }

  long liveBytes() {
    return liveBytes;
  }

  /** Returns the record whose payload begins there. */
  int recordAt(int payload) {
    int found = Arrays.binarySearch(payloads, 0, count, payload);
    if (found < 0) {
      throw new IllegalArgumentException("no record of the journal has a payload there");
    }
    return found;
  }

  boolean isLive(int record) {
    return !dead.get(record);
  }

  /** Notes that a record is live no more; a second time is ignored. */
  void kill(int record) {
    if (!dead.get(record)) {
      dead.set(record);
      live--;
      liveBytes -= sizes[record];
      all.add(-sizes[record], -1, starts[record] - payloads[record]);
    }
  }
}
