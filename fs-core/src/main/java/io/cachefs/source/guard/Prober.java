package io.cachefs.source.guard;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.source.Source;
import io.cachefs.source.SourceNode;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Asks a source that is in doubt whether it is there, on a thread of its own.
 *
 * <p>The question is for a name that nobody has: attributes and file system figures may be answered
 * by caches on the way although the source has gone.
 */
final class Prober implements Runnable {
  private final Source source;
  private final SourceNode root;
  private final SourceHealth health;
  private final Workers workers;
  private final GuardSettings settings;
  private final LongSupplier nanos;
  private final String prefix;
  private int asked;

  Prober(
      Source source,
      SourceNode root,
      SourceHealth health,
      Workers workers,
      GuardSettings settings,
      LongSupplier nanos) {
    this.source = source;
    this.root = root;
    this.health = health;
    this.workers = workers;
    this.settings = settings;
    this.nanos = nanos;
    this.prefix = ".cachefs-probe-" + Long.toHexString(nanos.getAsLong()) + "-";
  }

  void start() {
    Thread thread = new Thread(null, this, "source-prober", 0, false);
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void run() {
    try {
      long shortest = settings.firstProbe().toNanos();
      long longest = settings.longestPause().toNanos();
      long pause = shortest;
      while (health.awaitDoubt()) {
        String failure = probe();
        health.probed(failure);
        // After a good one too: a file that always fails must not cause a probe each time.
        health.pause(failure == null ? shortest : pause);
        pause = failure == null ? shortest : Math.min(2 * pause, longest);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns what is wrong, or null. */
  private @Nullable String probe() throws InterruptedException {
    Name name;
    try {
      name = Name.of(prefix + asked++);
    } catch (FsException e) {
      throw new IllegalStateException(e);
    }
    Call<String> question =
        new Call<>() {
          @Override
          String run(ByteBuffer scratch) {
            return ask(name);
          }
        };
    if (!workers.submit(question, false)) {
      return "earlier probes are not answered";
    }
    long end = nanos.getAsLong() + settings.probeDeadline().toNanos();
    while (!question.isDone()) {
      long left = end - nanos.getAsLong();
      if (left <= 0 && question.abandon()) {
        workers.forget(question);
        workers.passedDeadline(question);
        return "it does not answer a probe";
      }
      LockSupport.parkNanos(this, Math.max(left, 1));
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
    }
    String failure;
    try {
      failure = question.result();
    } catch (FsException e) {
      failure = e.getMessage();
    }
    return failure.isEmpty() ? null : failure;
  }

  /** Returns what is wrong, or nothing. */
  private String ask(Name name) {
    try {
      source.find(root, name);
      return "";
    } catch (FsException e) {
      boolean gone = SourceHealth.isDoubtful(e) || e.errno() == Errno.ESTALE;
      return gone ? e.getMessage() : "";
    }
  }
}
