package io.cachefs.cli.control;

import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One request while it is worked on. Thread-safe. */
public final class ControlTask {
  private volatile boolean cancelled;
  private volatile Supplier<? extends Map<String, ? extends @Nullable Object>> progress = Map::of;
  private volatile Runnable onCancel = () -> {};

  /** Says where the client can hear how far the work is. */
  public void follow(
      Supplier<? extends Map<String, ? extends @Nullable Object>> soFar, Runnable cancel) {
    progress = soFar;
    onCancel = cancel;
    if (cancelled) {
      cancel.run();
    }
  }

  Map<String, ? extends @Nullable Object> progress() {
    return progress.get();
  }

  /** The client has gone; nobody wants the result. */
  void cancel() {
    cancelled = true;
    onCancel.run();
  }
}
