package io.cachefs.engine.admin;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/** One piece of work: how far it is, what went wrong, and whether it is to end. Thread-safe. */
public final class Job {
  /** More are counted and not listed. */
  private static final int MOST_LISTED = 1000;

  private final LongAdder files = new LongAdder();
  private final LongAdder directories = new LongAdder();
  private final LongAdder bytes = new LongAdder();
  private final LongAdder skipped = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final List<Failure> failures = new ArrayList<>();
  private volatile boolean cancelled;

  /** Something that could not be done. */
  public record Failure(String path, String reason) {}

  /**
   * A moment of it.
   *
   * @param files done
   * @param directories done
   * @param bytes of content that went through
   * @param skipped files left out on purpose
   * @param failed how many failed
   * @param failures the first of these
   * @param cancelled whether it was ended early
   */
  public record Outcome(
      long files,
      long directories,
      long bytes,
      long skipped,
      long failed,
      List<Failure> failures,
      boolean cancelled) {}

  /** Asks it to end soon. */
  public void cancel() {
    cancelled = true;
  }

  boolean isCancelled() {
    return cancelled;
  }

  void fileDone(long contentBytes) {
    files.increment();
    bytes.add(contentBytes);
  }

  void directoryDone() {
    directories.increment();
  }

  void skipped() {
    skipped.increment();
  }

  void failed(String path, String reason) {
    failed.increment();
    synchronized (failures) {
      if (failures.size() < MOST_LISTED) {
        failures.add(new Failure(path, reason));
      }
    }
  }

  /** Returns how far it is. */
  public Outcome outcome() {
    List<Failure> listed;
    synchronized (failures) {
      listed = List.copyOf(failures);
    }
    return new Outcome(
        files.sum(),
        directories.sum(),
        bytes.sum(),
        skipped.sum(),
        failed.sum(),
        listed,
        cancelled);
  }
}
