package io.cachefs.engine.admin;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.engine.admin.DirtyEntry.Trouble;
import io.cachefs.engine.admin.FlushJob.End;
import io.cachefs.writeback.WriteBack;
import io.cachefs.writeback.conflict.ConflictStore;
import io.cachefs.writeback.pending.PendingChange;
import io.cachefs.writeback.send.Failure;
import io.cachefs.writeback.send.Sender;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/** Does what users ask of changes that are not at the source yet. Thread-safe. */
public final class WriteBackAdmin {
  /** More are counted and not listed. */
  public static final int MOST_LISTED = 10_000;

  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** What failed so often since a flush began is not waited for, unless that may end soon. */
  private static final int PATIENCE = 3;

  /** The times of a directory wait for all else in it, so perhaps for ever: no longer than that. */
  private static final long PATIENCE_WITH_TIMES_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final WriteBack writeBack;
  private final Sender sender;
  private final ConflictStore conflicts;
  private final LongSupplier ticks;

  public WriteBackAdmin(
      WriteBack writeBack, Sender sender, ConflictStore conflicts, LongSupplier ticks) {
    this.writeBack = writeBack;
    this.sender = sender;
    this.conflicts = conflicts;
    this.ticks = ticks;
  }

  // --- What is pending ---

  /**
   * Returns what is not at the source yet at or below some paths; an empty path is for all.
   *
   * @param most to be listed
   */
  public DirtyList dirty(List<String> paths, int most) {
    return dirty(change -> isWithin(change, paths), Math.min(most, MOST_LISTED));
  }

  private DirtyList dirty(Predicate<PendingChange> wanted, int most) {
    List<PendingChange> found = new ArrayList<>();
    long[] all = {0};
    writeBack
        .source()
        .pending(
            change -> {
              if (wanted.test(change)) {
                all[0]++;
                // More than are listed, so that most of these are the oldest.
                if (found.size() < MOST_LISTED) {
                  found.add(change);
                }
              }
            });
    found.sort(Comparator.comparing(change -> change.operations().get(0)));
    List<DirtyEntry> entries =
        found.subList(0, Math.min(most, found.size())).stream().map(this::entry).toList();
    return new DirtyList(entries, all[0]);
  }

  private DirtyEntry entry(PendingChange change) {
    Trouble trouble = null;
    for (long operation : change.operations()) {
      Failure failure = sender.failure(operation);
      if (failure != null) {
        trouble =
            new Trouble(
                failure.errno().description() + detail(failure),
                failure.since(),
                failure.attempts(),
                failure.permanent());
        break;
      }
    }
    return new DirtyEntry(
        change.path(),
        change.newPath(),
        change.kind().name().toLowerCase(Locale.ROOT),
        Instant.ofEpochSecond(change.since()),
        change.size(),
        trouble);
  }

  private static String detail(Failure failure) {
    boolean says = !failure.message().isEmpty() && !failure.message().equals("null");
    return says && !failure.message().equals(failure.errno().description())
        ? " (" + failure.message() + ")"
        : "";
  }

  private static boolean isWithin(PendingChange change, List<String> paths) {
    for (String path : paths) {
      if (isWithin(change.path(), path)
          || (change.newPath() != null && isWithin(change.newPath(), path))) {
        return true;
      }
    }
    return false;
  }

  static boolean isWithin(String path, String root) {
    return root.isEmpty()
        || path.equals(root)
        || (path.startsWith(root) && path.charAt(root.length()) == '/');
  }

  /** Returns whether something at or below a path comes to its place only by a change above it. */
  private static boolean bringsHere(PendingChange change, List<String> paths) {
    String now = change.newPath();
    String at =
        change.kind() == PendingChange.Kind.MAKE
            ? change.path()
            : change.kind() == PendingChange.Kind.RENAME ? now : null;
    return at != null && paths.stream().anyMatch(path -> isWithin(path, at));
  }

  // --- Sending it now ---

  /**
   * Sends all that is pending at or below some paths, and what that waits for; what is changed
   * meanwhile is not waited for. Ends early if nothing more can be sent, except while the source is
   * down. An empty path is for all.
   *
   * @return how it ended, and at most so many of those that are left
   */
  public FlushJob.Outcome flush(List<String> paths, long waitNanos, int most, FlushJob job)
      throws InterruptedException {
    Set<Long> times = new HashSet<>();
    List<String> missing = new ArrayList<>();
    Set<Long> left = operations(paths, times, missing);
    long all = left.size();
    Map<Long, Integer> attempts = attempts();
    sender.retryAll();
    writeBack.queue().hurry(left);
    long start = ticks.getAsLong();
    long onlyTimesSince = 0;
    End end = null;
    while (end == null) {
      writeBack.queue().retainWaiting(left);
      long now = ticks.getAsLong();
      Sender.Status status = sender.status();
      job.at(
          new FlushJob.Progress(
              all, left.size(), status.down() == null ? null : "the source: " + status.down()));
      boolean onlyTimes = times.containsAll(left);
      onlyTimesSince = onlyTimes ? (onlyTimesSince == 0 ? now : onlyTimesSince) : 0;
      if (left.isEmpty()
          || (onlyTimes
              && now - onlyTimesSince > PATIENCE_WITH_TIMES_NANOS
              && status.queue().all() > left.size())) {
        end = End.DONE;
      } else if (job.isCancelled()) {
        end = End.CANCELLED;
      } else if (status.offline()) {
        end = End.OFFLINE;
      } else if (status.down() == null && isHopeless(left, attempts)) {
        end = End.FAILED;
      } else if (now - start >= waitNanos) {
        end = End.TIMEOUT;
      } else {
        long wait = Math.min(LOOK_NANOS, waitNanos - (now - start));
        boolean ignored = writeBack.queue().awaitGone(left.iterator().next(), wait);
        assert ignored || !left.isEmpty();
      }
    }
    DirtyList rest =
        end == End.DONE
            ? new DirtyList(List.of(), 0)
            : dirty(change -> change.operations().stream().anyMatch(left::contains), most);
    return new FlushJob.Outcome(end, all, rest, missing);
  }

  private Set<Long> operations(List<String> paths, Set<Long> times, List<String> missing) {
    Set<Long> operations = new HashSet<>();
    Set<String> removed = new HashSet<>();
    writeBack
        .source()
        .pending(
            change -> {
              if (isWithin(change, paths) || bringsHere(change, paths)) {
                operations.addAll(change.operations());
                if (change.kind() == PendingChange.Kind.REMOVE
                    || change.kind() == PendingChange.Kind.RENAME) {
                  removed.add(change.path());
                }
                if (change.kind() == PendingChange.Kind.TIMES) {
                  times.addAll(change.operations());
                }
              }
            });
    for (String path : paths) {
      try {
        operations.addAll(writeBack.source().pendingOperations(path));
      } catch (FsException e) {
        // What is not there any more is found by its path alone.
        if (e.errno() == Errno.ENOENT && removed.stream().noneMatch(at -> isWithin(path, at))) {
          missing.add(path);
        }
      }
    }
    return operations;
  }

  private Map<Long, Integer> attempts() {
    Map<Long, Integer> attempts = new HashMap<>();
    sender.failures().forEach(failure -> attempts.put(failure.sequence(), failure.attempts()));
    return attempts;
  }

  /** Whether all that would have to be sent next fails each time. */
  private boolean isHopeless(Set<Long> left, Map<Long, Integer> before) {
    List<Long> next = writeBack.queue().next(left);
    for (long operation : next) {
      Failure failure = sender.failure(operation);
      int attempts = failure == null ? 0 : failure.attempts() - before.getOrDefault(operation, 0);
      if (failure == null || attempts < (failure.permanent() ? 1 : PATIENCE)) {
        return false;
      }
    }
    return !next.isEmpty();
  }

  // --- Whether the source is asked ---

  /** From now on nothing is sent; the source is read as before. */
  public void offline() {
    sender.goOffline();
  }

  /** Ends {@link #offline}. */
  public void online() {
    sender.goOnline();
  }

  // --- Conflicts ---

  /** Returns what lists and resolves conflicts. */
  public ConflictAdmin conflicts() {
    return new ConflictAdmin(writeBack.source(), conflicts);
  }

  // --- Figures ---

  public WriteBackStatus status() {
    Sender.Status sending = sender.status();
    PendingChange.Totals pending = writeBack.source().pendingTotals();
    var journal = writeBack.journal().status();
    long operations = sending.queue().all();
    String state;
    if (sending.offline()) {
      state = "offline";
    } else if (sending.down() != null) {
      state = "down";
    } else if (operations == 0) {
      state = "idle";
    } else {
      state = sender.isStuck() ? "failing" : "sending";
    }
    return new WriteBackStatus(
        state,
        sending.down(),
        operations,
        pending.files(),
        pending.bytes(),
        operations == 0 || pending.oldestSince() == Long.MAX_VALUE
            ? null
            : Instant.ofEpochSecond(pending.oldestSince()),
        sending.sent(),
        sending.sentBytes(),
        sending.failed(),
        conflicts.size(),
        sending.conflicts(),
        journal.bytes(),
        writeBack.journal().report().damages().size(),
        journal.lastError());
  }
}
