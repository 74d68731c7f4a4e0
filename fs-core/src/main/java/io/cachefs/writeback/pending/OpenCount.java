package io.cachefs.writeback.pending;

import org.jspecify.annotations.Nullable;

/** Counts one open file at the node it is of, when there is one. Guarded by the node's lock. */
final class OpenCount {
  private final boolean writes;
  @Nullable PendingNode counted;

  OpenCount(boolean writes) {
    this.writes = writes;
  }

  void count(PendingNode node) {
    if (counted == node) {
      return;
    }
    counted = node;
    node.keepers++;
    if (writes) {
      node.writers++;
    }
  }

  /** Ends the count, and returns whether nobody may write any more. */
  boolean end() {
    PendingNode node = counted;
    counted = null;
    if (node == null) {
      return false;
    }
    node.keepers--;
    if (writes) {
      node.writers--;
      return node.writers == 0;
    }
    return false;
  }
}
