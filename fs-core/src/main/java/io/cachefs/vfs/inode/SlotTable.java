package io.cachefs.vfs.inode;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Objects by number. A number is a slot and how often the slot was used before, so it is found
 * without a search and never means a second object. Thread-safe; reading takes no lock.
 */
public final class SlotTable<T> {
  private static final int CHUNK_BITS = 12;
  private static final int CHUNK_SIZE = 1 << CHUNK_BITS;
  private static final int MAX_CHUNKS = 1 << 16;

  /** An object and the number it has. */
  private record Slot<T>(long number, T object) {}

  private final AtomicReferenceArray<@Nullable AtomicReferenceArray<@Nullable Slot<T>>> chunks =
      new AtomicReferenceArray<>(MAX_CHUNKS);

  private final ReentrantLock lock = new ReentrantLock();

  /** Numbers that may be given next, of slots used before. */
  @GuardedBy("lock")
  private long[] free = new long[64];

  @GuardedBy("lock")
  private int freeCount;

  @GuardedBy("lock")
  private int nextSlot = 1;

  /** Makes an object that knows its own number. */
  public interface Factory<T> {
    T make(long number);
  }

  /** Adds what {@code factory} makes and returns it. The first number given is 1. */
  public T add(Factory<T> factory) {
    long number = takeNumber();
    T object = factory.make(number);
    int slot = slotOf(number);
    AtomicReferenceArray<@Nullable Slot<T>> chunk = chunks.get(slot >>> CHUNK_BITS);
    if (chunk == null) {
      throw new IllegalStateException("no chunk for slot " + slot);
    }
    chunk.set(slot & (CHUNK_SIZE - 1), new Slot<>(number, object));
    return object;
  }

  private long takeNumber() {
    lock.lock();
    try {
      if (freeCount > 0) {
        return free[--freeCount];
      }
      int slot = nextSlot++;
      int index = slot >>> CHUNK_BITS;
      if (index >= MAX_CHUNKS) {
        throw new IllegalStateException("more than " + MAX_CHUNKS * CHUNK_SIZE + " objects");
      }
      if (chunks.get(index) == null) {
        chunks.set(index, new AtomicReferenceArray<>(CHUNK_SIZE));
      }
      return slot;
    } finally {
      lock.unlock();
    }
  }

  /** Returns the object with this number, or null if there is none (any more). */
  public @Nullable T find(long number) {
    Slot<T> slot = slot(number);
    return slot != null && slot.number == number ? slot.object : null;
  }

  private @Nullable Slot<T> slot(long number) {
    int slot = slotOf(number);
    int index = slot >>> CHUNK_BITS;
    AtomicReferenceArray<@Nullable Slot<T>> chunk =
        index >= 0 && index < MAX_CHUNKS ? chunks.get(index) : null;
    return chunk == null ? null : chunk.get(slot & (CHUNK_SIZE - 1));
  }

  /** Removes an object; of several calls for one number one returns it. */
  public @Nullable T remove(long number) {
    int slot = slotOf(number);
    int index = slot >>> CHUNK_BITS;
    AtomicReferenceArray<@Nullable Slot<T>> chunk =
        index >= 0 && index < MAX_CHUNKS ? chunks.get(index) : null;
    if (chunk == null) {
      return null;
    }
    int place = slot & (CHUNK_SIZE - 1);
    Slot<T> found = chunk.get(place);
    if (found == null || found.number != number || !chunk.compareAndSet(place, found, null)) {
      return null;
    }
    // The upper half counts the uses of the slot; 31 bits keep numbers positive.
    long next = (number + (1L << 32)) & Long.MAX_VALUE;
    lock.lock();
    try {
      if (freeCount == free.length) {
        free = Arrays.copyOf(free, freeCount * 2);
      }
      free[freeCount++] = next;
    } finally {
      lock.unlock();
    }
    return found.object;
  }

  /** Returns all objects there are at some moment during the call. */
  public List<T> all() {
    List<T> all = new ArrayList<>();
    for (int i = 0; i < MAX_CHUNKS; i++) {
      AtomicReferenceArray<@Nullable Slot<T>> chunk = chunks.get(i);
      for (int j = 0; chunk != null && j < CHUNK_SIZE; j++) {
        Slot<T> slot = chunk.get(j);
        if (slot != null) {
          all.add(slot.object);
        }
      }
    }
    return all;
  }

  private static int slotOf(long number) {
    return (int) number;
  }
}
