package io.cachefs.writeback.queue;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Operations that wait for their time only, the next one first: what is hurried, then by time, then
 * by sequence. Each knows its place, so that it can be taken out. Owned by one thread at a time.
 */
final class Heap {
  private static final int LEAST = 16;

  private @Nullable Entry[] entries = new @Nullable Entry[LEAST];
  private int size;

  int size() {
    return size;
  }

  @Nullable Entry first() {
    return size == 0 ? null : entries[0];
  }

  void add(Entry entry) {
    if (size == entries.length) {
      entries = Arrays.copyOf(entries, size + size / 2);
    }
    size++;
    up(size - 1, entry);
  }

  void remove(Entry entry) {
    int hole = entry.heapIndex;
    entry.heapIndex = -1;
    size--;
    Entry moved = entries[size];
    entries[size] = null;
    entries = entries.length > LEAST && size < entries.length / 8 ? shrunk() : entries;
    if (hole < size) {
      place(hole, moved);
    }
  }

  private Entry[] shrunk() {
    return Arrays.copyOf(entries, entries.length / 2);
  }

  /** Finds the place of one that became more or less urgent. */
  void moved(Entry entry) {
    place(entry.heapIndex, entry);
  }

  /** Puts all in order after many changed. */
  void sort() {
    for (int i = size / 2 - 1; i >= 0; i--) {
      down(i, entries[i]);
    }
  }

  private void place(int index, Entry entry) {
    if (index > 0 && isBefore(entry, entries[(index - 1) / 2])) {
      up(index, entry);
    } else {
      down(index, entry);
    }
  }

  private void up(int from, Entry entry) {
    int index = from;
    while (index > 0 && isBefore(entry, entries[(index - 1) / 2])) {
      set(index, entries[(index - 1) / 2]);
      index = (index - 1) / 2;
    }
    set(index, entry);
  }

  private void down(int from, Entry entry) {
    int index = from;
    int child = 2 * index + 1;
    while (child < size) {
      if (child + 1 < size && isBefore(entries[child + 1], entries[child])) {
        child++;
      }
      if (!isBefore(entries[child], entry)) {
        break;
      }
      set(index, entries[child]);
      index = child;
      child = 2 * index + 1;
    }
    set(index, entry);
  }

  private void set(int index, Entry entry) {
    entries[index] = entry;
    entry.heapIndex = index;
  }

  private static boolean isBefore(Entry one, Entry other) {
    if (one.hurried != other.hurried) {
      return one.hurried;
    }
    long apart = one.hurried ? 0 : one.notBefore - other.notBefore;
    return apart != 0 ? apart < 0 : one.sequence < other.sequence;
  }
}
