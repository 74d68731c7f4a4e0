package io.cachefs.cache.files;

import io.cachefs.base.Attributes;
import io.cachefs.base.Version;
import io.cachefs.cache.metadata.Clock;
import io.cachefs.source.Found;
import org.jspecify.annotations.Nullable;

/**
 * What the source said of a file, and how long it may be used.
 *
 * @param found the file with its attributes, as answers have it
 * @param version of these attributes
 * @param settled whether the version tells this content from all later ones: its times were not so
 *     young that a change after them might not show
 * @param checkedAtMillis when the source said so, 0 if it must be asked again
 * @param until the end of its lifetime, of {@link Clock#nanos}
 * @param watch what reports a change of the file, or null if nothing does
 * @param ours whether it is over because of a change made through here, of which everybody knows
 */
record Known(
    Found found,
    Version version,
    boolean settled,
    long checkedAtMillis,
    long until,
    @Nullable Watch watch,
    boolean ours) {
  /**
   * So long after a change a file may change again without another time stamp: two seconds is the
   * coarsest step of times in use (FAT).
   */
  private static final long LONGEST_TICK_MILLIS = 2_000;

  /** Returns whether what was said at a time is sure to differ from anything said later. */
  static boolean isSettled(Version version, long atMillis) {
    return atMillis >= version.changed().seconds() * 1_000 + LONGEST_TICK_MILLIS;
  }

  /** An answer that was overtaken: right for who asked, not to be used again. */
  static Known loose(Found found) {
    return new Known(found, Version.of(found.attributes()), false, 0, Clock.OVER, null, false);
  }

  Attributes attributes() {
    return found.attributes();
  }

  boolean isFresh(Clock clock) {
    Watch watching = watch;
    return (watching != null && watching.isAlive()) || clock.isAhead(until);
  }

  /** The same, to be asked for again before it is used. */
  Known expired() {
    return new Known(found, version, settled, 0, Clock.OVER, null, ours);
  }

  /** As {@link #expired}, by a change made through here. */
  Known changedByUs() {
    return new Known(found, version, settled, 0, Clock.OVER, null, true);
  }
}
