package io.cachefs.source.guard;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.source.Source;
import io.cachefs.source.SourceNode;
import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks a source that is in doubt whether it is there, on a thread of its own.
 *
 * <p>The question is for a name that nobody has: attributes and file system figures may be answered
 * by caches on the way although the source has gone.
 */
final class Prober implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Prober.class);

  /** What a file system says that was unmounted, or whose server died: it is looked for anew. */
  private static final Set<Errno> LOST = EnumSet.of(Errno.ENOTCONN, Errno.ESTALE);

  private final Source source;
  private final SourceNode root;
  private final SourceHealth health;
  private final Workers workers;
  private final GuardSettings settings;
  private final LongSupplier nanos;
  private final String prefix;
  private int asked;

  /** What was found in place of the source last; written by the thread that asks. */
  private volatile String refused = "";

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
    FsException failure = find(name);
    if (failure == null || !LOST.contains(failure.errno())) {
      return failure == null ? "" : failure.getMessage();
    }
    try {
      source.reopen();
    } catch (FsException e) {
      if (e.errno() == Errno.ESTALE && !e.getMessage().equals(refused)) {
        refused = e.getMessage();
        LOG.warn("The source is not used: {}", refused);
      }
      return e.errno() == Errno.EOPNOTSUPP ? failure.getMessage() : e.getMessage();
    }
    FsException again = find(name);
    return again == null ? "" : again.getMessage();
  }

  /** Returns how the source failed in a way that says that it is gone, or null. */
  private @Nullable FsException find(Name name) {
    try {
      source.find(root, name);
      return null;
    } catch (FsException e) {
      boolean gone = SourceHealth.isDoubtful(e) || e.errno() == Errno.ESTALE;
      return gone ? e : null;
    }
  }
}
