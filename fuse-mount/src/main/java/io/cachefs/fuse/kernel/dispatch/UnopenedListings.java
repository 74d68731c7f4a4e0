package io.cachefs.fuse.kernel.dispatch;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.FsException;
import io.cachefs.vfs.Vfs;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Listings of directories that the kernel reads without having opened them. Thread-safe; holds no
 * lock while the file system is asked.
 *
 * <p>Who reads from the start begins a listing, and the positions given out tell later which one is
 * read on: the number of the listing in the upper half, the position of the file system in the
 * lower. Nobody says when a listing is not needed any more. So the {@link #MAX_UNFINISHED} used
 * last are kept, and fewer of those that were read to the end. Who reads on in another one goes on
 * at the same place of a new listing.
 */
final class UnopenedListings {
  static final int MAX_UNFINISHED = 256;
  static final int MAX_FINISHED = 16;

  private static final int NUMBER_SHIFT = 32;
  private static final long PLACE_MASK = 0xffff_ffffL;

  private final Vfs vfs;
  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock")
  private int lastNumber;

  /** By number, the one unused for longest first. */
  @GuardedBy("lock")
  private final Map<Integer, Listing> unfinished = new LinkedHashMap<>(16, 0.75f, true);

  /** As {@link #unfinished}; no listing is in both. */
  @GuardedBy("lock")
  private final Map<Integer, Listing> finished = new LinkedHashMap<>(16, 0.75f, true);

  UnopenedListings(Vfs vfs) {
    this.vfs = vfs;
  }

  /** One listing, between {@link UnopenedListings#use} and {@link UnopenedListings#done}. */
  static final class Listing {
    private final long inode;
    private final int number;
    private final long handle;

    /** How many requests use it, and one for being kept. Guarded by the lock of the listings. */
    private int uses = 1;

    private Listing(long inode, int number, long handle) {
      this.inode = inode;
      this.number = number;
      this.handle = handle;
    }

    long handle() {
      return handle;
    }

    /** Returns the position that the kernel gets for one of the file system. */
    long outside(long place) {
      if ((place & ~PLACE_MASK) != 0) {
        throw new IllegalStateException("position " + place + " in a listing is too large");
      }
      return ((long) number << NUMBER_SHIFT) | place;
    }
  }

  /** Returns the position of the file system for one that the kernel has. */
  static long inside(long position) {
    return position & PLACE_MASK;
  }

  /** Returns the listing to read from a position on; {@link #done} must follow. */
  Listing use(long inode, long position) throws FsException {
    Listing known = position == 0 ? null : find(inode, (int) (position >>> NUMBER_SHIFT));
    if (known != null) {
      return known;
    }
    long handle = vfs.openDirectory(inode).handle();
    Listing listing;
    Listing dropped;
    lock.lock();
    try {
      lastNumber = lastNumber == Integer.MAX_VALUE ? 1 : lastNumber + 1;
      listing = new Listing(inode, lastNumber, handle);
      listing.uses++;
      unfinished.put(listing.number, listing);
      dropped = dropOldestLocked(unfinished, MAX_UNFINISHED);
    } finally {
      lock.unlock();
    }
    close(dropped);
    return listing;
  }

  private @Nullable Listing find(long inode, int number) {
    lock.lock();
    try {
      Listing found = unfinished.get(number);
      if (found == null) {
        found = finished.get(number);
      }
      if (found == null || found.inode != inode) {
        return null;
      }
      found.uses++;
      return found;
    } finally {
      lock.unlock();
    }
  }

  /** Ends a use; {@code atEnd} says that there was nothing left to list. */
  void done(Listing listing, boolean atEnd) {
    Listing dropped = null;
    boolean last;
    lock.lock();
    try {
      if (atEnd && unfinished.remove(listing.number, listing)) {
        finished.put(listing.number, listing);
        dropped = dropOldestLocked(finished, MAX_FINISHED);
      }
      last = --listing.uses == 0;
    } finally {
      lock.unlock();
    }
    close(last ? listing : null);
    close(dropped);
  }

  /** Takes out what is too much; returns it if nobody uses it, to be closed. */
  @GuardedBy("lock")
  private @Nullable Listing dropOldestLocked(Map<Integer, Listing> all, int most) {
    if (all.size() <= most) {
      return null;
    }
    Iterator<Listing> oldest = all.values().iterator();
    Listing dropped = oldest.next();
    oldest.remove();
    return --dropped.uses == 0 ? dropped : null;
  }

  private void close(@Nullable Listing listing) {
    if (listing != null) {
      vfs.releaseDirectory(listing.handle);
    }
  }
}
