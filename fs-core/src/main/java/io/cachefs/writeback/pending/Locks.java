package io.cachefs.writeback.pending;

import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The locks of pending nodes: one for many nodes, so that nodes stay small. Who needs those of
 * several nodes takes them at once, in the order of their places.
 */
final class Locks {
  private static final int COUNT = 1024;

  private final ReentrantLock[] locks = new ReentrantLock[COUNT];

  Locks() {
    for (int i = 0; i < COUNT; i++) {
      locks[i] = new ReentrantLock();
    }
  }

  private static int place(PendingNode node) {
    long mixed = node.number * 0x9E3779B97F4A7C15L;
    return (int) (mixed >>> 54);
  }

  ReentrantLock of(PendingNode node) {
    return locks[place(node)];
  }

  /** What is held until it is closed. */
  interface Held extends AutoCloseable {
    @Override
    void close();
  }

  /** Takes the locks of all nodes that are not null. */
  Held hold(@Nullable PendingNode... nodes) {
    int[] places = new int[nodes.length];
    int count = 0;
    for (PendingNode node : nodes) {
      if (node != null) {
        count = insert(places, count, place(node));
      }
    }
    for (int i = 0; i < count; i++) {
      locks[places[i]].lock();
    }
    int held = count;
    return () -> {
      for (int i = held - 1; i >= 0; i--) {
        locks[places[i]].unlock();
      }
    };
  }

  private static int insert(int[] places, int count, int place) {
    int at = 0;
    while (at < count && places[at] < place) {
      at++;
    }
    if (at < count && places[at] == place) {
      return count;
    }
    System.arraycopy(places, at, places, at + 1, count - at);
    places[at] = place;
    return count + 1;
  }
}
