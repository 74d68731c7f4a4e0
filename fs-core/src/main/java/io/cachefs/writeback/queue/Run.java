package io.cachefs.writeback.queue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Operations that use one node, directory or place one beside the other. Those of the next run wait
 * for all of this one.
 */
final class Run {
  /** How an operation uses it. */
  enum Way {
    ADDS,
    REMOVES,
    ALONE
  }

  /** Members that are gone but still listed before they are cleared away. */
  private static final int SLACK = 16;

  final LongMap<Object> chains;
  final long key;
  final Way way;
  @Nullable Run previous;
  @Nullable Run next;

  /** The search that saw it last. */
  int seen;

  private int live;

  /** In place of a list of one. */
  private @Nullable Entry only;

  private @Nullable List<Entry> members;

  Run(LongMap<Object> chains, long key, Way way) {
    this.chains = chains;
    this.key = key;
    this.way = way;
  }

  boolean takesAlso(Way other) {
    return way == other && way != Way.ALONE;
  }

  int live() {
    return live;
  }

  void add(Entry entry) {
    live++;
    if (members != null) {
      members.add(entry);
    } else if (only == null) {
      only = entry;
    } else {
      members = new ArrayList<>();
      members.add(only);
      members.add(entry);
      only = null;
    }
  }

  /** Removes one that is gone already. */
  void remove() {
    live--;
    if (members != null && members.size() > 2 * live + SLACK) {
      members.removeIf(Entry::isGone);
      ((ArrayList<Entry>) members).trimToSize();
    }
  }

  void forEach(Consumer<Entry> action) {
    if (members != null) {
      for (Entry member : members) {
        if (!member.isGone()) {
          action.accept(member);
        }
      }
    } else if (only != null && !only.isGone()) {
      action.accept(only);
    }
  }
}
