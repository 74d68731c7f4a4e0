package io.cachefs.cache.files;

import io.cachefs.base.Name;
import io.cachefs.base.Version;
import io.cachefs.cache.metadata.Clock;
import io.cachefs.cache.metadata.Listing;
import io.cachefs.cache.metadata.Order;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** What is in memory of the names in one directory. Thread-safe. */
final class DirectoryState {
  /** All names there were at a version of the directory. Immutable, told apart by identity. */
  static final class Complete {
    private final Listing listing;
    private final Version version;
    private final boolean settled;

    /**
     * Takes over the listing.
     *
     * @param settled whether the version tells this state of the directory from all later ones: its
     *     times were not so young that a change might not show in them
     */
    Complete(Listing listing, Version version, boolean settled) {
      this.listing = listing;
      this.version = version;
      this.settled = settled;
    }

    Listing listing() {
      return listing;
    }

    Version version() {
      return version;
    }

    boolean settled() {
      return settled;
    }
  }

  /** Lets listings be noted in the right order. */
  final Order order;

  final Map<Name, NameEntry> names = new ConcurrentHashMap<>(4);

  volatile @Nullable Complete complete;

  /** The version at which all names are in the index, or null. */
  volatile @Nullable Version listed;

  /** What reports changes in this directory, or null. */
  volatile @Nullable Watch watch;

  /** Until when it is not tried again to watch the directory, of {@link Clock#nanos}. */
  volatile long notWatchedUntil = Clock.OVER;

  /** How its files are opened one after the other, or null if nobody does that. */
  volatile @Nullable Walk walk;

  /** The directory in it whose files were opened last, and the one before that. */
  volatile @Nullable Entered entered;

  /** A directory whose files were opened, and the one whose files were opened before. */
  record Entered(@Nullable Name before, Name name) {}

  /** How many expired files were asked for one by one lately, and since when. */
  private int asked;

  private long askedSince;

  /** Where the next refresh of many files goes on. */
  volatile long refreshCookie;

  DirectoryState(Order order) {
    this.order = order;
  }

  /** Counts an expired file, and returns how many there were within {@code window} up to now. */
  synchronized int countAsked(long now, long window) {
    if (asked == 0 || now - askedSince > window) {
      asked = 0;
      askedSince = now;
    }
    return ++asked;
  }

  synchronized void forgetAsked() {
    asked = 0;
  }
}
