package io.cachefs.engine.check;

import io.cachefs.base.FileKey;
import io.cachefs.base.Name;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** One check: how far it is, what it found, and whether it is to end. Thread-safe. */
public final class CheckJob {
  /** More are counted and not listed. */
  static final int MOST_LISTED = 10_000;

  private final boolean repairs;
  private final LongAdder records = new LongAdder();
  private final LongAdder contents = new LongAdder();
  private final LongAdder bytes = new LongAdder();
  private final LongAdder blobs = new LongAdder();
  private final LongAdder changes = new LongAdder();
  private final LongAdder found = new LongAdder();
  private final LongAdder left = new LongAdder();
  private final List<Noted> noted = new ArrayList<>();
  private volatile List<Finding> findings = List.of();
  private volatile boolean cancelled;

  /**
   * Begins.
   *
   * @param repairs whether what is found is dropped
   */
  public CheckJob(boolean repairs) {
    this.repairs = repairs;
  }

  /**
   * A finding whose path is not known yet: that of a file, or of a name in it; or that is known.
   */
  record Noted(
      Finding.Kind kind,
      @Nullable FileKey file,
      @Nullable Name name,
      @Nullable String path,
      String what,
      boolean repaired) {

    Noted(
        Finding.Kind kind,
        @Nullable FileKey file,
        @Nullable Name name,
        String what,
        boolean repaired) {
      this(kind, file, name, null, what, repaired);
    }
  }

  boolean repairs() {
    return repairs;
  }

  /** Asks it to end soon. */
  public void cancel() {
    cancelled = true;
  }

  boolean isCancelled() {
    return cancelled;
  }

  void sawRecords(int count) {
    records.add(count);
  }

  void sawContent() {
    contents.increment();
  }

  void compared(long count) {
    bytes.add(count);
  }

  void sawBlob() {
    blobs.increment();
  }

  /** Notes a finding that concerns a file, or none. */
  void found(Finding.Kind kind, @Nullable FileKey file, String what, boolean repaired) {
    found(new Noted(kind, file, null, what, repaired));
  }

  /** Notes a finding whose path is known, or empty; it cannot be repaired. */
  void found(Finding.Kind kind, String path, String what) {
    found(new Noted(kind, null, null, path, what, false));
  }

  void sawChanges(long count, long payloadBytes) {
    changes.add(count);
    bytes.add(payloadBytes);
  }

  void found(Noted finding) {
    found.increment();
    left.add(finding.repaired() ? 0 : 1);
    synchronized (noted) {
      if (noted.size() < MOST_LISTED) {
        noted.add(finding);
      }
    }
  }

  List<Noted> noted() {
    synchronized (noted) {
      return List.copyOf(noted);
    }
  }

  /** Ends it without the paths of files. */
  void finish() {
    findings =
        noted().stream()
            .map(
                each ->
                    new Finding(
                        each.kind(),
                        each.path() == null ? "" : each.path(),
                        each.what(),
                        each.repaired()))
            .toList();
  }

  void finish(List<Finding> all) {
    findings = all;
  }

  /** Returns how far it is; after the end, what it found. */
  public CheckReport report() {
    return new CheckReport(
        records.sum(),
        contents.sum(),
        bytes.sum(),
        blobs.sum(),
        changes.sum(),
        found.sum(),
        left.sum(),
        findings,
        cancelled);
  }
}
