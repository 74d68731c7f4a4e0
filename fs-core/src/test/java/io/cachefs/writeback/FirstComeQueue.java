package io.cachefs.writeback;

import io.cachefs.writeback.pending.Sending;
import io.cachefs.writeback.queue.Kind;
import io.cachefs.writeback.queue.Operation;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A queue that gives operations out in the order they came, times of directories last. */
public final class FirstComeQueue implements Sending {
  private final Map<Long, Operation> waiting = new LinkedHashMap<>();
  private final Map<Long, Operation> taken = new LinkedHashMap<>();

  @Override
  public synchronized void add(Operation operation, long notBeforeNanos) {
    Operation before = waiting.put(operation.sequence(), operation);
    if (before != null) {
      throw new AssertionError("added twice: " + operation);
    }
  }

  @Override
  public synchronized boolean cancel(long sequence) {
    return waiting.remove(sequence) != null;
  }

  @Override
  public synchronized boolean replace(long sequence, Operation later, long notBeforeNanos) {
    Operation before = waiting.get(sequence);
    if (before == null) {
      return false;
    }
    List<Operation> after = new ArrayList<>(waiting.values());
    for (Operation each : after.subList(after.indexOf(before) + 1, after.size())) {
      if (each.kind() != Kind.LAST && (each.kind() != Kind.ADD || names(each, before))) {
        return false;
      }
    }
    waiting.remove(sequence);
    waiting.put(later.sequence(), later);
    return true;
  }

  private static boolean names(Operation one, Operation other) {
    return one.nodes().contains(other.makes()) || one.places().equals(other.places());
  }

  @Override
  public synchronized boolean postpone(long sequence, long notBeforeNanos) {
    return waiting.containsKey(sequence);
  }

  @Override
  public void hurry(long sequence) {}

  @Override
  public synchronized boolean awaitGone(long sequence, long waitNanos) {
    return !waiting.containsKey(sequence) && !taken.containsKey(sequence);
  }

  /** Takes the next one, or null if there is none. */
  public synchronized @Nullable Operation take() {
    Operation next = null;
    for (Operation each : waiting.values()) {
      if (next == null || (next.kind() == Kind.LAST && each.kind() != Kind.LAST)) {
        next = each;
      }
    }
    if (next != null) {
      waiting.remove(next.sequence());
      taken.put(next.sequence(), next);
    }
    return next;
  }

  public synchronized void done(Operation operation) {
    taken.remove(operation.sequence());
  }

  public synchronized int size() {
    return waiting.size() + taken.size();
  }

  /** Returns what waits, in order, for comparison. */
  public synchronized List<String> texts() {
    return waiting.values().stream().map(Operation::toString).toList();
  }
}
