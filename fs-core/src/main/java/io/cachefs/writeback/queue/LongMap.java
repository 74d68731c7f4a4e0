package io.cachefs.writeback.queue;

import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A map from numbers to objects that needs few bytes for each. Owned by one thread at a time. */
final class LongMap<V> {
  private static final int LEAST = 16;

  private long[] keys = new long[LEAST];
  private @Nullable Object[] values = new @Nullable Object[LEAST];
  private int size;

  int size() {
    return size;
  }

  @SuppressWarnings("unchecked") // only put writes values
  @Nullable V get(long key) {
    return (V) values[slotOf(key)];
  }

  /** Sets the value of a key, whether it had one or not. */
  void put(long key, V value) {
    int slot = slotOf(key);
    if (values[slot] == null) {
      size++;
    }
    keys[slot] = key;
    values[slot] = value;
    if (size > keys.length / 4 * 3) {
      resize(keys.length * 2);
    }
  }

  void remove(long key) {
    int free = slotOf(key);
    if (values[free] == null) {
      return;
    }
    size--;
    int mask = keys.length - 1;
    // What was pushed behind the free slot by what was in it moves up, so that it is still found.
    for (int i = (free + 1) & mask; values[i] != null; i = (i + 1) & mask) {
      int home = homeOf(keys[i], mask);
      if (((i - home) & mask) >= ((i - free) & mask)) {
        keys[free] = keys[i];
        values[free] = values[i];
        free = i;
      }
    }
    values[free] = null;
    if (keys.length > LEAST && size < keys.length / 8) {
      resize(keys.length / 2);
    }
  }

  @SuppressWarnings("unchecked") // only put writes values
  void forEach(Consumer<V> action) {
    for (Object value : values) {
      if (value != null) {
        action.accept((V) value);
      }
    }
  }

  private int slotOf(long key) {
    int mask = keys.length - 1;
    int slot = homeOf(key, mask);
    while (values[slot] != null && keys[slot] != key) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private static int homeOf(long key, int mask) {
    long mixed = key * 0x9E3779B97F4A7C15L;
    return (int) (mixed ^ mixed >>> 32) & mask;
  }

  private void resize(int capacity) {
    long[] oldKeys = keys;
    @Nullable Object[] oldValues = values;
    keys = new long[capacity];
    values = Arrays.copyOf(new @Nullable Object[0], capacity);
    for (int i = 0; i < oldKeys.length; i++) {
      if (oldValues[i] != null) {
        int slot = slotOf(oldKeys[i]);
        keys[slot] = oldKeys[i];
        values[slot] = oldValues[i];
      }
    }
  }
}
