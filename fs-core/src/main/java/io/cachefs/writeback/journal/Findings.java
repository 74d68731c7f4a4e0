package io.cachefs.writeback.journal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Collects what is wrong. Thread-safe; its lock is a leaf. */
final class Findings {
  private final long records;
  private final long cutBytes;

  @GuardedBy("this")
  private final List<Damage> damages = new ArrayList<>();

  @GuardedBy("this")
  private final Set<Long> wrongSequences = new HashSet<>();

  @GuardedBy("this")
  private long wrongReads;

  @GuardedBy("this")
  private @Nullable String lastError;

  Findings(Recovery recovery) {
    records = recovery.frames().size();
    cutBytes = recovery.cutBytes();
    damages.addAll(recovery.damages().stream().limit(Report.MOST).toList());
  }

  synchronized void wrongRead(Place place) {
    wrongReads++;
    if (damages.size() < Report.MOST && wrongSequences.add(place.sequence())) {
      damages.add(
          new Damage(
              place.segment(),
              place.offset(),
              place.length(),
              place.sequence(),
              Damage.WRONG_PAYLOAD));
    }
  }

  /** Notes a failure and returns it. */
  synchronized JournalException noted(JournalException failure) {
    lastError = failure.getMessage();
    return failure;
  }

  synchronized long wrongReads() {
    return wrongReads;
  }

  synchronized @Nullable String lastError() {
    return lastError;
  }

  synchronized Report report() {
    return new Report(records, cutBytes, damages);
  }
}
