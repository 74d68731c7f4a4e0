package io.cachefs.writeback.queue;

import io.cachefs.base.Name;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What waits for what. For each node and each place there is a chain of runs; an operation waits
 * until its run is the first of each of its chains. Owned by one thread at a time.
 *
 * <p>Most nodes and places have one operation, which uses them alone: it is in the map itself, and
 * becomes a run when another one comes.
 */
final class Chains {
  /** Hears which operations wait for nothing but their time. */
  interface Listener {
    void freed(Entry entry);

    void blocked(Entry entry);
  }

  private final Listener listener;

  /** By node: an {@link Entry} that is alone, or the last {@link Run}. */
  private final LongMap<Object> nodes = new LongMap<>();

  /** As {@code nodes}, by a hash of the place: that two have the same is rare and does no harm. */
  private final LongMap<Object> places = new LongMap<>();

  /** Operations of kind LAST, by directory; only the first of each may be free. */
  private final LongMap<Deque<Entry>> lasts = new LongMap<>();

  Chains(Listener listener) {
    this.listener = listener;
  }

  /** Puts an operation behind all that it waits for. */
  void enter(Entry entry) {
    Operation operation = entry.operation();
    if (entry.isLast()) {
      enterLast(entry);
      return;
    }
    // First what is used alone: a directory that is a node too is met again below.
    if (operation.makes() != 0) {
      use(nodes, operation.makes(), Run.Way.ALONE, entry);
    }
    for (long node : operation.nodes()) {
      use(nodes, node, Run.Way.ALONE, entry);
    }
    Run.Way way = wayOf(operation.kind());
    for (Operation.Place place : operation.places()) {
      use(nodes, place.directory(), way, entry);
      if (way != Run.Way.ALONE) {
        use(places, hashOf(place), Run.Way.ALONE, entry);
      }
    }
    if (entry.unmet == 0) {
      listener.freed(entry);
    }
  }

  private static Run.Way wayOf(Kind kind) {
    return switch (kind) {
      case ADD -> Run.Way.ADDS;
      case REMOVE -> Run.Way.REMOVES;
      case CHANGE, LAST -> Run.Way.ALONE;
    };
  }

  private static long hashOf(Operation.Place place) {
    long hash = place.directory() * 0xBF58476D1CE4E5B9L;
    Name name = place.name();
    byte[] bytes = name.terminated();
    for (int i = 0; i < name.length(); i++) {
      hash = (hash ^ bytes[i]) * 0x94D049BB133111EBL;
      hash ^= hash >>> 29;
    }
    return hash;
  }

  private void use(LongMap<Object> chains, long key, Run.Way way, Entry entry) {
    Object last = chains.get(key);
    if (last == null) {
      begin(chains, key, way, entry);
      return;
    }
    if (last == entry) {
      return;
    }
    Run tail = last instanceof Run run ? run : runOf(chains, key, (Entry) last);
    if (entry.isIn(tail)) {
      return;
    }
    if (!tail.takesAlso(way)) {
      Run next = new Run(chains, key, way);
      next.previous = tail;
      tail.next = next;
      chains.put(key, next);
      tail = next;
    }
    tail.add(entry);
    entry.join(tail);
    if (tail.previous != null) {
      entry.unmet++;
    }
  }

  private void begin(LongMap<Object> chains, long key, Run.Way way, Entry entry) {
    if (way == Run.Way.ALONE) {
      chains.put(key, entry);
    } else {
      Run run = new Run(chains, key, way);
      run.add(entry);
      entry.join(run);
      chains.put(key, run);
    }
    Entry trailing = chains == nodes ? firstLast(key) : null;
    if (trailing != null && trailing.state() == Entry.State.WAITING) {
      trailing.unmet = 1;
      listener.blocked(trailing);
    }
  }

  private static Run runOf(LongMap<Object> chains, long key, Entry alone) {
    Run run = new Run(chains, key, Run.Way.ALONE);
    run.add(alone);
    alone.join(run);
    chains.put(key, run);
    return run;
  }

  /** Takes out an operation that is gone, and frees what waited for it only. */
  void leave(Entry entry) {
    Operation operation = entry.operation();
    if (entry.isLast()) {
      leaveLast(entry);
      return;
    }
    if (operation.makes() != 0) {
      leaveAlone(nodes, operation.makes(), entry);
    }
    for (long node : operation.nodes()) {
      leaveAlone(nodes, node, entry);
    }
    for (Operation.Place place : operation.places()) {
      leaveAlone(nodes, place.directory(), entry);
      leaveAlone(places, hashOf(place), entry);
    }
    for (int i = 0; i < entry.runs(); i++) {
      Run run = entry.run(i);
      run.remove();
      if (run.live() == 0) {
        end(run);
      }
    }
  }

  private void leaveAlone(LongMap<Object> chains, long key, Entry entry) {
    if (chains.get(key) == entry) {
      remove(chains, key);
    }
  }

  private void remove(LongMap<Object> chains, long key) {
    chains.remove(key);
    Entry trailing = chains == nodes ? firstLast(key) : null;
    if (trailing != null && trailing.state() == Entry.State.WAITING) {
      trailing.unmet = 0;
      listener.freed(trailing);
    }
  }

  private void end(Run run) {
    Run previous = run.previous;
    Run next = run.next;
    if (previous != null) {
      previous.next = next;
    }
    if (next != null) {
      next.previous = previous;
    } else if (previous != null) {
      run.chains.put(run.key, previous);
    } else {
      remove(run.chains, run.key);
    }
    if (next == null) {
      return;
    }
    if (previous == null) {
      next.forEach(this::meet);
    } else if (previous.takesAlso(next.way)) {
      merge(previous, next);
    }
  }

  private void meet(Entry entry) {
    if (--entry.unmet == 0) {
      listener.freed(entry);
    }
  }

  /** Joins two runs, between which there is none any more: the smaller one moves. */
  private void merge(Run earlier, Run later) {
    boolean first = earlier.previous == null;
    if (first) {
      later.forEach(this::meet);
    }
    boolean earlierStays = earlier.live() >= later.live();
    Run stays = earlierStays ? earlier : later;
    Run goes = earlierStays ? later : earlier;
    goes.forEach(
        entry -> {
          entry.move(goes, stays);
          stays.add(entry);
        });
    stays.previous = earlier.previous;
    stays.next = later.next;
    if (stays.previous != null) {
      stays.previous.next = stays;
    }
    if (stays.next != null) {
      stays.next.previous = stays;
    } else {
      stays.chains.put(stays.key, stays);
    }
  }

  /** Returns whether any operation waits for this one. */
  boolean isAwaited(Entry entry) {
    for (int i = 0; i < entry.runs(); i++) {
      if (entry.run(i).next != null) {
        return true;
      }
    }
    return false;
  }

  /** Tells what the operation waits for; runs that have the mark are left out. */
  void forEachBefore(Entry entry, int mark, Consumer<Entry> action) {
    for (int i = 0; i < entry.runs(); i++) {
      forEachUpTo(entry.run(i).previous, mark, action);
    }
    if (entry.isLast()) {
      long directory = directoryOf(entry);
      Object last = nodes.get(directory);
      if (last instanceof Run run) {
        forEachUpTo(run, mark, action);
      } else if (last != null) {
        action.accept((Entry) last);
      }
      Deque<Entry> others = lasts.get(directory);
      if (others != null) {
        others.stream().takeWhile(other -> other != entry).forEach(action);
      }
    }
  }

  private static void forEachUpTo(@Nullable Run last, int mark, Consumer<Entry> action) {
    for (Run run = last; run != null && run.seen != mark; run = run.previous) {
      run.seen = mark;
      run.forEach(action);
    }
  }

  // --- What is last in its directory ---

  private static long directoryOf(Entry last) {
    return last.operation().nodes().get(0);
  }

  private @Nullable Entry firstLast(long directory) {
    Deque<Entry> waiting = lasts.get(directory);
    return waiting == null ? null : waiting.peek();
  }

  private void enterLast(Entry entry) {
    long directory = directoryOf(entry);
    Deque<Entry> waiting = lasts.get(directory);
    if (waiting == null) {
      waiting = new ArrayDeque<>(2);
      lasts.put(directory, waiting);
    }
    waiting.add(entry);
    entry.unmet = 1;
    if (waiting.size() == 1) {
      free(entry);
    }
  }

  /** Looks again whether an operation of kind LAST, the first in its directory, is free. */
  void free(Entry last) {
    boolean isAlone = nodes.get(directoryOf(last)) == null;
    last.unmet = (byte) (isAlone ? 0 : 1);
    if (last.unmet == 0) {
      listener.freed(last);
    }
  }

  private void leaveLast(Entry entry) {
    long directory = directoryOf(entry);
    Deque<Entry> waiting = lasts.get(directory);
    if (waiting == null) {
      return;
    }
    boolean wasFirst = waiting.peek() == entry;
    waiting.remove(entry);
    Entry first = waiting.peek();
    if (first == null) {
      lasts.remove(directory);
    } else if (wasFirst) {
      free(first);
    }
  }
}
