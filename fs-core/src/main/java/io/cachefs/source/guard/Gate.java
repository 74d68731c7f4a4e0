package io.cachefs.source.guard;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.source.SourceDownException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Where calls pass on their way to the source: each is made by a worker, and its caller waits no
 * longer than allowed. Thread-safe.
 */
final class Gate {
  /** So many closes run at the same time; others wait, at most one for each open file. */
  private static final int CLOSERS = 4;

  /** Two, because the one of a source that lost it may never come back. */
  private static final int PROBES = 2;

  private static final long CLOSING_CHECK_NANOS = 1_000_000;

  /** What may be done with a call that does not come back. */
  enum Kind {
    /** Changes nothing, and may be made again. */
    READS,
    /** May have been made although nobody learns it. */
    CHANGES,
    /** Moves so much that it may take long while the source is well: given up if it is not. */
    MOVES_MUCH
  }

  /** What is asked of the source. */
  interface Body<T> {
    T run() throws FsException;
  }

  /** As {@link Body}, with no answer. */
  interface Deed {
    void run() throws FsException;
  }

  private final GuardSettings settings;
  private final LongSupplier nanos;
  private final SourceHealth health;
  private final Workers callers;
  private final Workers closers;
  private final Workers probes;
  private final long deadlineNanos;
  private final long probeNanos;
  private final String lateMessage;
  private final LongAdder calls = new LongAdder();

  Gate(GuardSettings settings, SourceHealth health, LongSupplier nanos) {
    this.settings = settings;
    this.nanos = nanos;
    this.health = health;
    this.callers =
        new Workers("source-call", settings.threads(), nanos, this::ended, health::cameBack);
    this.closers = new Workers("source-close", CLOSERS, nanos, this::ended, health::cameBack);
    this.probes = new Workers("source-probe", PROBES, nanos, failure -> {}, health::cameBack);
    this.deadlineNanos = settings.deadline().toNanos();
    this.probeNanos = settings.probeDeadline().toNanos() + SourceHealth.graceNanos();
    this.lateMessage = "the source did not answer for " + inWords(settings.deadline());
  }

  /** Returns a duration as people write it. */
  static String inWords(Duration duration) {
    long millis = duration.toMillis();
    return millis % 1000 == 0 ? millis / 1000 + " s" : millis + " ms";
  }

  Workers probes() {
    return probes;
  }

  private void ended(@Nullable Throwable failure) {
    if (failure instanceof FsException e && SourceHealth.isDoubtful(e)) {
      health.doubt(e);
    } else {
      health.answered(nanos.getAsLong());
    }
  }

  <T> T read(Body<T> body) throws FsException {
    return pass(Kind.READS, () -> new BodyCall<>(body, got -> {}));
  }

  /** As {@link #read}, where a result that comes too late must be undone. */
  <T> T open(Kind kind, Body<T> body, Consumer<T> undo) throws FsException {
    return pass(kind, () -> new BodyCall<>(body, undo));
  }

  <T> T change(Body<T> body) throws FsException {
    return pass(Kind.CHANGES, () -> new BodyCall<>(body, got -> {}));
  }

  void run(Kind kind, Deed deed) throws FsException {
    boolean done =
        pass(
            kind,
            () ->
                new BodyCall<>(
                    () -> {
                      deed.run();
                      return true;
                    },
                    got -> {}));
    assert done;
  }

  /** Lets a worker do something that nobody waits for. */
  void later(Runnable deed) {
    Call<?> errand =
        new Call<Boolean>() {
          @Override
          Boolean run(ByteBuffer scratch) {
            deed.run();
            return true;
          }
        };
    if (!closers.submit(errand, true)) {
      // Closed already; still nobody must wait.
      Thread last = new Thread(null, deed, "source-close-last", 0, false);
      last.setDaemon(true);
      last.start();
    }
  }

  private static final class BodyCall<T> extends Call<T> {
    private final Body<T> body;
    private final Consumer<T> undo;

    BodyCall(Body<T> body, Consumer<T> undo) {
      this.body = body;
      this.undo = undo;
    }

    @Override
    T run(ByteBuffer scratch) throws FsException {
      return body.run();
    }

    @Override
    void undo(T got) {
      undo.accept(got);
    }
  }

  /** Has a call made; it is made again if it only reads and the caller waits for the source. */
  <T> T pass(Kind kind, Supplier<? extends Call<T>> call) throws FsException {
    for (int tries = 1; ; tries++) {
      health.admit();
      try {
        return passOnce(kind, call.get());
      } catch (FsException e) {
        boolean again =
            kind == Kind.READS && SourceHealth.isDoubtful(e) && isWorthAnother(e, tries);
        if (!again) {
          throw SourceHealth.meansGone(e) ? new SourceDownException(e.getMessage(), e) : e;
        }
      }
    }
  }

  /** A source that is found anew by the probe answers after all; one that is down is waited for. */
  private boolean isWorthAnother(FsException failure, int tries) throws FsException {
    boolean wasLost = SourceHealth.meansGone(failure) && tries == 1;
    if (!wasLost && !settings.waitsOffline()) {
      return false;
    }
    boolean isDown = health.isDownAfterDoubt();
    return isDown ? settings.waitsOffline() : wasLost;
  }

  private <T> T passOnce(Kind kind, Call<T> call) throws FsException {
    calls.increment();
    long start = nanos.getAsLong();
    if (!callers.submit(call, settings.waitsOffline())) {
      throw new SourceDownException("all calls on the source are stuck");
    }
    long end = start + deadlineNanos;
    while (!call.isDone()) {
      long left = end - nanos.getAsLong();
      if (left <= 0) {
        end = nextDeadline(kind, call, start);
        continue;
      }
      LockSupport.parkNanos(call, left);
      if (Thread.currentThread().isInterrupted() && !call.isDone() && leave(call)) {
        throw new FsException(Errno.EINTR);
      }
    }
    return call.result();
  }

  /** Returns until when a late call is waited for, or gives it up. */
  private long nextDeadline(Kind kind, Call<?> call, long start) throws FsException {
    boolean patient = kind == Kind.MOVES_MUCH;
    boolean givesUp = !settings.waitsOffline() && !patient;
    health.passedDeadline(start, patient, lateMessage);
    if (givesUp && leave(call)) {
      throw late();
    }
    if (patient && !settings.waitsOffline() && awaitVerdict(call) && leave(call)) {
      throw late();
    }
    callers.passedDeadline(call);
    return nanos.getAsLong() + deadlineNanos;
  }

  private FsException late() {
    return new SourceDownException(lateMessage);
  }

  /** Waits until the call is done or the source is known to be down, and returns whether it is. */
  private boolean awaitVerdict(Call<?> call) {
    long end = nanos.getAsLong() + probeNanos;
    long left = probeNanos;
    while (left > 0 && !call.isDone() && health.state() == SourceHealth.State.SUSPECT) {
      LockSupport.parkNanos(call, Math.min(left, SourceHealth.graceNanos()));
      left = Thread.currentThread().isInterrupted() ? 0 : end - nanos.getAsLong();
    }
    return health.state() == SourceHealth.State.DOWN;
  }

  /** Returns false if the result is there. */
  private boolean leave(Call<?> call) {
    boolean left = call.abandon();
    if (left) {
      callers.forget(call);
      callers.passedDeadline(call);
    }
    return left;
  }

  GuardedSource.Calls counts() {
    return new GuardedSource.Calls(
        callers.inFlight(), callers.stuck(), closers.inFlight(), calls.sum());
  }

  int threads() {
    return callers.threads() + closers.threads() + probes.threads();
  }

  void checkInvariants() {
    callers.checkInvariants();
    closers.checkInvariants();
    probes.checkInvariants();
  }

  /** Ends with {@code last}, for which the caller waits no longer than one deadline. */
  void close(Runnable last) {
    health.close();
    Call<Boolean> closing =
        new Call<>() {
          @Override
          Boolean run(ByteBuffer scratch) {
            last.run();
            return true;
          }
        };
    boolean accepted = closers.submit(closing, true);
    long end = nanos.getAsLong() + deadlineNanos;
    long left = deadlineNanos;
    while (accepted && left > 0 && !(closing.isDone() && closers.inFlight() == 0)) {
      LockSupport.parkNanos(this, Math.min(left, CLOSING_CHECK_NANOS));
      left = Thread.currentThread().isInterrupted() ? 0 : end - nanos.getAsLong();
    }
    callers.close();
    closers.close();
    probes.close();
  }
}
