package io.cachefs.metrics;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/** Counts calls, failures and time of a fixed set of operations. Thread-safe. */
public final class OperationMetrics {
  private final List<String> names;
  private final LongAdder[] calls;
  private final LongAdder[] failures;
  private final LongAdder[] nanos;

  /** One row for each name; operations are then known by their place in the list. */
  public OperationMetrics(List<String> names) {
    this.names = List.copyOf(names);
    this.calls = adders(names.size());
    this.failures = adders(names.size());
    this.nanos = adders(names.size());
  }

  private static LongAdder[] adders(int count) {
    LongAdder[] adders = new LongAdder[count];
    for (int i = 0; i < count; i++) {
      adders[i] = new LongAdder();
    }
    return adders;
  }

  /** Counts one call that took {@code tookNanos}. */
  public void record(int operation, long tookNanos, boolean failed) {
    calls[operation].increment();
    nanos[operation].add(tookNanos);
    if (failed) {
      failures[operation].increment();
    }
  }

  /** Returns the rows of operations that were called at all. */
  public List<Row> snapshot() {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < calls.length; i++) {
      long count = calls[i].sum();
      if (count > 0) {
        rows.add(new Row(names.get(i), count, failures[i].sum(), nanos[i].sum()));
      }
    }
    return rows;
  }

  /** What was counted for one operation since the start. */
  public record Row(String operation, long calls, long failures, long totalNanos) {}
}
