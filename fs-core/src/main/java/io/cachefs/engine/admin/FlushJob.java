package io.cachefs.engine.admin;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** One flush: how far it is, and whether it is to end. Thread-safe. */
public final class FlushJob {
  private volatile boolean cancelled;
  private volatile Progress progress = new Progress(0, 0, null);

  /**
   * A moment of it.
   *
   * @param all operations that were to be sent
   * @param left of them
   * @param waitsFor why nothing is sent now, or null
   */
  public record Progress(long all, long left, @Nullable String waitsFor) {}

  /** How it ended. */
  public enum End {
    /** All is at the source. */
    DONE,
    /** The time was over. */
    TIMEOUT,
    /** Somebody said that nothing is to be sent. */
    OFFLINE,
    /** All that is left has failed again and again. */
    FAILED,
    CANCELLED
  }

  /**
   * What came of it.
   *
   * @param all operations that were to be sent
   * @param left what is not at the source
   * @param missing paths that there are not, here or at the source
   */
  public record Outcome(End end, long all, DirtyList left, List<String> missing) {
    public Outcome {
      missing = List.copyOf(missing);
    }
  }

  /** Asks it to end soon. */
  public void cancel() {
    cancelled = true;
  }

  boolean isCancelled() {
    return cancelled;
  }

  void at(Progress now) {
    progress = now;
  }

  /** Returns how far it is. */
  public Progress progress() {
    return progress;
  }
}
