package io.cachefs.store.lmdb;

import io.cachefs.base.Name;
import io.cachefs.store.format.KnownName;
import io.cachefs.store.lmdb.Change.OfNames.Entry;
import io.cachefs.store.lmdb.Pending.Last;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * What is queued for the names of one directory: perhaps all its names, and changes after that.
 *
 * <p>Thread-safe for readers. {@link #with} and {@link #after} are called under the lock of the
 * entry in {@link Pending}; what {@code with} returns may share its changes with what it came from.
 */
final class PendingNames {
  /** As bytes; what ends a name is less than every byte in it. */
  static final Comparator<Name> BY_NAME =
      (one, other) -> Arrays.compareUnsigned(one.terminated(), other.terminated());

  private static final Comparator<Entry> BY_ENTRY = Comparator.comparing(Entry::name, BY_NAME);

  static final PendingNames NONE = new PendingNames(0, null, new ConcurrentSkipListMap<>(BY_NAME));

  /** The change that replaced all names. */
  private final long number;

  private final @Nullable List<Entry> all;
  private final ConcurrentSkipListMap<Name, Last<KnownName>> changes;

  private PendingNames(
      long number,
      @Nullable List<Entry> all,
      ConcurrentSkipListMap<Name, Last<KnownName>> changes) {
    this.number = number;
    this.all = all;
    this.changes = changes;
  }

  static PendingNames all(long number, List<Entry> all) {
    return new PendingNames(number, all, new ConcurrentSkipListMap<>(BY_NAME));
  }

  /** Puts names in order, as {@link #all} wants them. */
  static void sort(List<Entry> names) {
    names.sort(BY_ENTRY);
  }

  PendingNames with(Name name, Last<KnownName> last) {
    PendingNames result =
        this == NONE ? new PendingNames(0, null, new ConcurrentSkipListMap<>(BY_NAME)) : this;
    result.changes.put(name, last);
    return result;
  }

  /** Returns what is left without changes up to a number, or null if that is nothing. */
  @Nullable PendingNames after(long last) {
    if (all != null && number > last) {
      return this;
    }
    // A reader may be looking at these names: it must not find an older one in place of a change.
    ConcurrentSkipListMap<Name, Last<KnownName>> left =
        all == null ? changes : new ConcurrentSkipListMap<>(changes);
    left.values().removeIf(each -> each.number() <= last);
    if (left.isEmpty()) {
      return null;
    }
    return all == null ? this : new PendingNames(0, null, left);
  }

  /** As {@link #after(long)}, where of the changes that only one is looked at if possible. */
  @Nullable PendingNames after(Name name, long last) {
    if (all != null) {
      return after(last);
    }
    Last<KnownName> change = changes.get(name);
    if (change != null && change.number() <= last) {
      changes.remove(name);
    }
    return changes.isEmpty() ? null : this;
  }

  /** Returns what a name will stand for, or null if the tables have to be asked. */
  @Nullable Last<KnownName> find(Name name) {
    Last<KnownName> change = changes.get(name);
    if (change != null || all == null) {
      return change;
    }
    int low = 0;
    int high = all.size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      Entry entry = all.get(middle);
      int compared = BY_NAME.compare(entry.name(), name);
      if (compared == 0) {
        return new Last<>(number, entry.known());
      }
      if (compared < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return new Last<>(number, null);
  }

  /** Returns all names from after a name on if they are queued, or null. */
  @Nullable List<Entry> allAfter(@Nullable Name name) {
    if (all == null || name == null) {
      return all;
    }
    int found = Collections.binarySearch(all, name, (one, other) -> compare(one, other));
    return all.subList(found < 0 ? -found - 1 : found + 1, all.size());
  }

  private static int compare(Object one, Object other) {
    return BY_NAME.compare(nameOf(one), nameOf(other));
  }

  private static Name nameOf(Object either) {
    return either instanceof Entry entry ? entry.name() : (Name) either;
  }

  NavigableMap<Name, Last<KnownName>> changesAfter(@Nullable Name name) {
    return name == null ? changes : changes.tailMap(name, false);
  }
}
