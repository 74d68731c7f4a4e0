package io.cachefs.cache.files;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.Attributes;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.cache.metadata.Clock;
import io.cachefs.cache.metadata.Listing;
import io.cachefs.source.Found;
import io.cachefs.source.SourceDirectory;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Fetches the small files of a directory before they are opened, while somebody opens them one
 * after the other: several at once, where one after the other would wait for the source each time.
 * Thread-safe; nobody waits for it. Each open is looked at by its own thread, which asks nobody;
 * the rest is done by threads of the data cache.
 *
 * <p>What it fetches in vain is bounded by a credit: each fetch takes from it, each one used gives
 * back more. Without credit, many more files in a row are needed for a run to begin.
 */
final class Planner {
  /** Larger ones are read ahead once they are open. */
  static final int LARGEST = 256 * 1024;

  /** Larger directories are not listed for this. */
  static final int MOST_ENTRIES = 10_000;

  private static final int MOST_WALKS = 64;
  private static final int MOST_CREDIT = 128;

  /** So many files in a row begin a run; the second number without credit. */
  private static final int NEEDED = 2;

  private static final int NEEDED_WITHOUT_CREDIT = 8;

  /** After a failure nothing is fetched for a while: readers find out how the source is. */
  private static final long PAUSE_NANOS = 2_000_000_000L;

  /** What a source says when it is a file that is wrong, and not the source. */
  private static final Set<Errno> OF_ONE_FILE =
      EnumSet.of(Errno.ENOENT, Errno.ESTALE, Errno.EACCES, Errno.EPERM, Errno.ENOTDIR);

  private final Shared shared;
  private final NameCache names;
  private final Directories directories;
  private final OpenFiles files;
  private final Caching caching;

  private final AtomicInteger credit = new AtomicInteger(MOST_CREDIT / 2);
  private volatile long pausedUntil = Clock.OVER;

  /** The oldest first. */
  @GuardedBy("walks")
  private final Deque<Walk> walks = new ArrayDeque<>();

  Planner(
      Shared shared, NameCache names, Directories directories, OpenFiles files, Caching caching) {
    this.shared = shared;
    this.names = names;
    this.directories = directories;
    this.files = files;
    this.caching = caching;
  }

  // --- What is seen ---

  /** Notes that a file is opened for reading that may be cached. */
  void opened(CachedNode file, Attributes attributes) {
    CachedNode.Place place = file.place();
    DirectoryState state = place == null ? null : place.directory().directory();
    if (place == null || state == null) {
      return;
    }
    boolean missing = file.contentId == 0;
    Walk walk = state.walk;
    if (walk == null) {
      if (!missing || attributes.size() > LARGEST || isStrict(place.directory(), place.name())) {
        return;
      }
      walk = begun(place.directory(), state);
    }
    noteEntered(place.directory());
    WalkOrder order = walk.order();
    if (order != null) {
      carryOut(walk, order, walk.opened(place.name(), missing, needed()));
    } else if (missing && !isPaused() && walk.noteEarly(place.name(), isListed(state))) {
      Walk begun = walk;
      submit(() -> learn(begun));
    }
  }

  private int needed() {
    return credit.get() >= Walk.FIRST_WINDOW ? NEEDED : NEEDED_WITHOUT_CREDIT;
  }

  private boolean isStrict(CachedNode directory, Name name) {
    return shared.paths().terms(directory, name).isStrict();
  }

  private static boolean isListed(DirectoryState state) {
    return state.complete != null || state.listed != null;
  }

  /** Returns the walk of a directory; the oldest ones are forgotten. */
  private Walk begun(CachedNode directory, DirectoryState state) {
    synchronized (walks) {
      Walk walk = state.walk;
      if (walk == null) {
        walk = new Walk(directory);
        state.walk = walk;
        walks.add(walk);
        forget(walks.size() > MOST_WALKS ? walks.remove() : null);
      }
      return walk;
    }
  }

  private static void forget(@Nullable Walk oldest) {
    DirectoryState state = oldest == null ? null : oldest.directory().directory();
    if (state != null) {
      state.walk = null;
    }
  }

  private static void noteEntered(CachedNode directory) {
    CachedNode.Place place = directory.place();
    DirectoryState above = place == null ? null : place.directory().directory();
    if (place == null || above == null) {
      return;
    }
    DirectoryState.Entered last = above.entered;
    if (last == null || !last.name().equals(place.name())) {
      above.entered = new DirectoryState.Entered(last == null ? null : last.name(), place.name());
    }
  }

  // --- What is done ---

  private boolean submit(Work work) {
    return shared.data().pool().submitSmall(() -> run(work));
  }

  private interface Work {
    void run() throws FsException;
  }

  private void run(Work work) {
    if (isPaused()) {
      return;
    }
    try {
      work.run();
    } catch (FsException e) {
      // Whoever opens the file meets the failure itself.
      if (!OF_ONE_FILE.contains(e.errno())) {
        pause();
      }
    }
  }

  private boolean isPaused() {
    return shared.clock().isAhead(pausedUntil);
  }

  private void pause() {
    pausedUntil = shared.clock().after(PAUSE_NANOS);
  }

  /** Finds out in which orders the files of a directory may be opened. */
  private void learn(Walk walk) throws FsException {
    Listing listing = listing(walk.directory());
    if (listing != null) {
      WalkOrder order = WalkOrder.of(listing, false);
      carryOut(walk, order, walk.learn(order, needed()));
    }
  }

  /** Returns the names in a directory, of the source if need be; null if there are too many. */
  private @Nullable Listing listing(CachedNode directory) throws FsException {
    Listing known = directories.listing(directory);
    if (known != null) {
      return known;
    }
    SourceDirectory inner = directories.openInner(directory);
    try {
      DirectoryReader reader = directories.reader(directory, inner);
      while (reader.readMore()) {
        if (reader.listing().count() > MOST_ENTRIES) {
          return null;
        }
      }
      reader.noteIfComplete();
      return reader.listing();
    } finally {
      inner.close();
    }
  }

  private void carryOut(Walk walk, WalkOrder order, Walk.Ahead ahead) {
    if (ahead.used() > 0) {
      credit.updateAndGet(now -> Math.min(MOST_CREDIT, now + 2 * ahead.used()));
    }
    Walk.Run run = ahead.run();
    WalkOrder.By by = run == null ? null : walk.by(run);
    if (run == null || by == null || isPaused()) {
      return;
    }
    for (int place = ahead.from(); place < ahead.to(); place++) {
      int number = order.numberAt(by, place);
      // Taken before, so that no more is queued than may be in vain.
      credit.decrementAndGet();
      if (!shared.data().pool().submitSmall(() -> fetchOrGiveBack(walk, order, number))) {
        credit.incrementAndGet();
        return;
      }
    }
    if (ahead.endSeen()) {
      submit(() -> enterNext(walk.directory(), by, walk.window(run)));
    }
  }

  private void fetchOrGiveBack(Walk walk, WalkOrder order, int number) {
    AtomicBoolean done = new AtomicBoolean();
    run(() -> done.set(fetch(walk, order, number)));
    if (!done.get()) {
      credit.incrementAndGet();
    }
  }

  /** Fetches a file ahead; returns false if it is not to be. */
  private boolean fetch(Walk walk, WalkOrder order, int number) throws FsException {
    CachedNode directory = walk.directory();
    Name name = order.name(number);
    if (walk.isOpened(number)) {
      return false;
    }
    Found known = names.known(directory, name);
    Found found = known == null ? names.asked(directory, name) : known;
    CachedNode file = (CachedNode) found.node();
    long size = found.attributes().size();
    if (file.contentId != 0
        || size == 0
        || size > LARGEST
        || file.isOpenForWriting()
        || isStrict(directory, name)
        || !caching.isCached(file, found.attributes())
        || !walk.take(number, size)) {
      return false;
    }
    if (files.fetch(file) && file.contentId == 0) {
      // There is no room for it. Who only waited for another's fetch may be too early to see it.
      pause();
    }
    return true;
  }

  /**
   * Begins with the directory after one whose end is near, if the one before it was walked before.
   *
   * @param by the order of its files
   */
  private void enterNext(CachedNode directory, WalkOrder.By by, int window) throws FsException {
    CachedNode.Place place = directory.place();
    DirectoryState above = place == null ? null : place.directory().directory();
    DirectoryState.Entered entered = above == null ? null : above.entered;
    if (place == null || entered == null || !entered.name().equals(place.name())) {
      return;
    }
    Name before = entered.before();
    Listing siblings = before == null ? null : listing(place.directory());
    if (before == null || siblings == null) {
      return;
    }
    WalkOrder order = WalkOrder.of(siblings, true);
    int from = order.number(before);
    int at = order.number(place.name());
    WalkOrder.By next = from < 0 || at < 0 ? null : order.following(from, at);
    if (next == null || order.place(next, at) + 1 >= order.size()) {
      return;
    }
    Name name = order.name(order.numberAt(next, order.place(next, at) + 1));
    Found known = names.known(place.directory(), name);
    Found found = known == null ? names.asked(place.directory(), name) : known;
    CachedNode sibling = (CachedNode) found.node();
    DirectoryState state = sibling.directory();
    if (state != null && state.walk == null && !isStrict(place.directory(), name)) {
      enter(sibling, state, by, window);
    }
  }

  private void enter(CachedNode directory, DirectoryState state, WalkOrder.By by, int window)
      throws FsException {
    Listing listing = listing(directory);
    if (listing != null && needed() == NEEDED) {
      WalkOrder order = WalkOrder.of(listing, false);
      Walk walk = begun(directory, state);
      carryOut(walk, order, walk.begin(order, by, Math.min(window, Walk.LAST_WINDOW / 2)));
    }
  }
}
