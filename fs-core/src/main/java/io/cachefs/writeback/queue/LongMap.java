package io.cachefs.writeback.queue;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A map from numbers to objects that takes 15 to 23 bytes for each. Owned by one thread at a time.
 */
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
    if (size > keys.length / 5 * 4) {
      resize(keys.length + keys.length / 2);
    }
  }

  void remove(long key) {
    int free = slotOf(key);
    if (values[free] == null) {
      return;
    }
    size--;
    // What was pushed behind the free slot by what was in it moves up, so that it is still found.
    for (int i = after(free); values[i] != null; i = after(i)) {
      if (distance(homeOf(keys[i]), i) >= distance(free, i)) {
        keys[free] = keys[i];
        values[free] = values[i];
        free = i;
      }
    }
    values[free] = null;
    if (keys.length > LEAST && size < keys.length / 4) {
      resize(Math.max(LEAST, keys.length / 2));
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
    int slot = homeOf(key);
    while (values[slot] != null && keys[slot] != key) {
      slot = after(slot);
    }
    return slot;
  }

  /** Spreads the upper half of a product evenly over the slots. */
  private int homeOf(long key) {
    long mixed = (key ^ (key >>> 32)) * 0x9E3779B97F4A7C15L;
    return (int) (((mixed >>> 32) * keys.length) >>> 32);
  }

  private int after(int slot) {
    return slot + 1 == keys.length ? 0 : slot + 1;
  }

  private int distance(int from, int to) {
    return to >= from ? to - from : to - from + keys.length;
  }

  private void resize(int capacity) {
    long[] oldKeys = keys;
    @Nullable Object[] oldValues = values;
    keys = new long[capacity];
    values = new @Nullable Object[capacity];
    for (int i = 0; i < oldKeys.length; i++) {
      if (oldValues[i] != null) {
        int slot = slotOf(oldKeys[i]);
        keys[slot] = oldKeys[i];
        values[slot] = oldValues[i];
      }
    }
  }
}
