package io.cachefs.cache.files;

import io.cachefs.base.FsException;
import io.cachefs.base.Mode;
import io.cachefs.base.Name;
import io.cachefs.cache.metadata.Listing;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The entries of one kind in a directory, in the two orders that programs visit them in. */
final class WalkOrder {
  /** An order to visit entries in. */
  enum By {
    /** As the directory lists them. */
    LISTING,
    /** By the bytes of their names. */
    NAME
  }

  /** The number of an entry is its place in the listing. */
  private final Name[] listed;

  /** The numbers by name, and the reverse of that. */
  private final int[] byName;

  private final int[] rank;
  private final Map<Name, Integer> numbers;

  private WalkOrder(List<Name> names) {
    this.listed = names.toArray(Name[]::new);
    this.numbers = new HashMap<>(listed.length * 2);
    Integer[] sorted = new Integer[listed.length];
    for (int i = 0; i < listed.length; i++) {
      numbers.put(listed[i], i);
      sorted[i] = i;
    }
    Arrays.sort(sorted, (a, b) -> compare(listed[a], listed[b]));
    this.byName = new int[listed.length];
    this.rank = new int[listed.length];
    for (int i = 0; i < listed.length; i++) {
      byName[i] = sorted[i];
      rank[sorted[i]] = i;
    }
  }

  /** Returns the order of the files in a listing, or of the directories. */
  static WalkOrder of(Listing listing, boolean directories) throws FsException {
    List<Name> names = new ArrayList<>(listing.count());
    int wanted = Mode.direntType(directories ? Mode.DIRECTORY : Mode.REGULAR);
    byte[] buffer = new byte[Name.MAX_LENGTH];
    for (int i = 0; i < listing.count(); i++) {
      int length = listing.name(i, buffer);
      // Some file systems do not say the type of what they list.
      boolean fits = listing.type(i) == wanted || (listing.type(i) == 0 && !directories);
      if (fits && !CachedDirectory.isDots(buffer, length)) {
        names.add(Name.of(Arrays.copyOf(buffer, length)));
      }
    }
    return new WalkOrder(names);
  }

  /** Compares as programs sort names that are bytes. */
  static int compare(Name a, Name b) {
    return Arrays.compareUnsigned(a.terminated(), b.terminated());
  }

  int size() {
    return listed.length;
  }

  /** Returns the number of an entry, or -1. */
  int number(Name name) {
    Integer number = numbers.get(name);
    return number == null ? -1 : number;
  }

  Name name(int number) {
    return listed[number];
  }

  /** Returns the place of an entry in an order. */
  int place(By by, int number) {
    return by == By.LISTING ? number : rank[number];
  }

  /** Returns the number of the entry at a place of an order. */
  int numberAt(By by, int place) {
    return by == By.LISTING ? place : byName[place];
  }

  /** Returns the order in which one entry comes right after another, or null. */
  @Nullable By following(int before, int after) {
    if (rank[after] == rank[before] + 1) {
      return By.NAME;
    }
    return after == before + 1 ? By.LISTING : null;
  }
}
