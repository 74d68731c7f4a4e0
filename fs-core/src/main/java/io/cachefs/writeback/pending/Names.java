package io.cachefs.writeback.pending;

import io.cachefs.base.Name;
import org.jspecify.annotations.Nullable;

/**
 * The names in a directory that differ from the source: what each stands for here, or that it is
 * gone, and the last operation on it. Guarded by the lock of its directory.
 */
final class Names {
  private static final int LEAST = 4;

  private @Nullable Name[] keys = new @Nullable Name[LEAST];
  private @Nullable Object[] values = new @Nullable Object[LEAST];
  private long[] operations = new long[LEAST];
  private int size;

  /** Stands for a name that is gone; {@code was} has it at the source as long as that is so. */
  record Gone(@Nullable PendingNode was) {}

  /**
   * A name that differs.
   *
   * @param child what it stands for, or null if it is gone
   * @param gone what it stood for, if it is gone
   */
  record Entry(@Nullable PendingNode child, @Nullable PendingNode gone, long operation) {}

  /** Receives the names that differ. */
  interface Visitor {
    void visit(Name name, @Nullable PendingNode child);
  }

  int size() {
    return size;
  }

  @Nullable Entry get(Name name) {
    int slot = slotOf(name);
    Object value = values[slot];
    if (value == null) {
      return null;
    }
    return value instanceof PendingNode child
        ? new Entry(child, null, operations[slot])
        : new Entry(null, ((Gone) value).was, operations[slot]);
  }

  void put(Name name, PendingNode child, long operation) {
    set(name, child, operation);
  }

  void putGone(Name name, @Nullable PendingNode was, long operation) {
    set(name, new Gone(was), operation);
  }

  private void set(Name name, Object value, long operation) {
    int slot = slotOf(name);
    if (values[slot] == null) {
      size++;
    }
    keys[slot] = name;
    values[slot] = value;
    operations[slot] = operation;
    if (size > keys.length / 4 * 3) {
      resize(keys.length * 2);
    }
  }

  /** Takes a name out: it is as at the source. */
  void remove(Name name) {
    int free = slotOf(name);
    if (values[free] == null) {
      return;
    }
    size--;
    int mask = keys.length - 1;
    for (int i = (free + 1) & mask; values[i] != null; i = (i + 1) & mask) {
      int home = home(keys[i], mask);
      if (((i - home) & mask) >= ((i - free) & mask)) {
        keys[free] = keys[i];
        values[free] = values[i];
        operations[free] = operations[i];
        free = i;
      }
    }
    keys[free] = null;
    values[free] = null;
    if (keys.length > LEAST && size < keys.length / 8) {
      resize(keys.length / 2);
    }
  }

  /** As {@link #remove}, unless something else was done to the name since. */
  void removeIfOf(Name name, long operation) {
    int slot = slotOf(name);
    if (values[slot] != null && operations[slot] == operation) {
      remove(name);
    }
  }

  void forEach(Visitor visitor) {
    for (int i = 0; i < keys.length; i++) {
      Name name = keys[i];
      if (name != null) {
        visitor.visit(name, values[i] instanceof PendingNode child ? child : null);
      }
    }
  }

  private int slotOf(Name name) {
    int mask = keys.length - 1;
    int slot = home(name, mask);
    while (values[slot] != null && !name.equals(keys[slot])) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private static int home(@Nullable Name name, int mask) {
    int hash = name == null ? 0 : name.hashCode() * 0x9E3779B9;
    return (hash ^ hash >>> 16) & mask;
  }

  private void resize(int capacity) {
    @Nullable Name[] oldKeys = keys;
    @Nullable Object[] oldValues = values;
    long[] oldOperations = operations;
    keys = new @Nullable Name[capacity];
    values = new @Nullable Object[capacity];
    operations = new long[capacity];
    for (int i = 0; i < oldKeys.length; i++) {
      Name name = oldKeys[i];
      if (name != null) {
        int slot = slotOf(name);
        keys[slot] = name;
        values[slot] = oldValues[i];
        operations[slot] = oldOperations[i];
      }
    }
  }
}
