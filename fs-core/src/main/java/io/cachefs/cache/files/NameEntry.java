package io.cachefs.cache.files;

import io.cachefs.base.Name;
import io.cachefs.cache.metadata.Clock;
import org.jspecify.annotations.Nullable;

/** What a name in a directory stands for, as the source said last. */
final class NameEntry {
  final CachedNode directory;
  final Name name;

  /** Null if the name does not exist. */
  final @Nullable CachedNode child;

  /** The number of the question that this answered last. */
  volatile long question;

  volatile long until;
  volatile @Nullable Watch watch;

  /** Whether something else was found out since, so that only a new answer counts. */
  volatile boolean doubted;

  /** When it was handed to the index last, 0 for never. */
  volatile long persistedAtMillis;

  NameEntry(
      CachedNode directory,
      Name name,
      @Nullable CachedNode child,
      long question,
      long until,
      @Nullable Watch watch) {
    this.directory = directory;
    this.name = name;
    this.child = child;
    this.question = question;
    this.until = until;
    this.watch = watch;
  }

  boolean isFresh(Clock clock) {
    Watch watching = watch;
    return (watching != null && watching.isAlive()) || clock.isAhead(until);
  }

  /** Notes that the source said the same again. */
  void confirm(long answered, long newUntil, @Nullable Watch newWatch) {
    question = answered;
    until = newUntil;
    watch = newWatch;
    doubted = false;
  }

  void expire() {
    until = Clock.OVER;
    watch = null;
    doubted = true;
  }
}
