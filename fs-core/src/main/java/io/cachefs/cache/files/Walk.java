package io.cachefs.cache.files;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.Name;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How the small files of one directory are opened, and which of them will be next. Decides only;
 * asks nobody. Thread-safe.
 *
 * <p>Several programs may walk the same directory, so there are several runs. A run begins when
 * files are opened one right after the other in an order; from then on each further open of it
 * widens the window before it, up to a bound.
 */
final class Walk {
  /** So many files are fetched ahead of a run at first, and at most. */
  static final int FIRST_WINDOW = 8;

  static final int LAST_WINDOW = 64;

  /** What is fetched ahead and not used yet may have so many bytes. */
  static final long MOST_BYTES = 8L << 20;

  /** A walk by several threads opens files a little out of order. */
  private static final int SLACK = 16;

  private static final int MOST_RUNS = 4;

  /** Nothing to fetch. */
  static final Ahead NOTHING = new Ahead(null, 0, 0, 0, false);

  private final CachedNode directory;

  /** Opened before the order was known, the oldest first. */
  @GuardedBy("this")
  private final Deque<Name> early = new ArrayDeque<>();

  @GuardedBy("this")
  private boolean asked;

  @GuardedBy("this")
  private @Nullable WalkOrder order;

  /** The one used last is the first. */
  @GuardedBy("this")
  private final Deque<Run> runs = new ArrayDeque<>();

  /** The sizes of what was fetched ahead and not opened since, by number. */
  @GuardedBy("this")
  private final Map<Integer, Long> unused = new HashMap<>();

  /** Opened since it was last to be fetched, by number. */
  @GuardedBy("this")
  private final BitSet opened = new BitSet();

  @GuardedBy("this")
  private long bytesAhead;

  @GuardedBy("this")
  private boolean endSeen;

  /** Files opened one after the other. All of it belongs to the lock of the walk. */
  static final class Run {
    private WalkOrder.@Nullable By by;
    private int last;
    private int following = 1;
    private int followingByName = 1;
    private int window;
    private int begunTo;
  }

  /**
   * What is to be fetched now.
   *
   * @param run the run it is for, or null if there is nothing to fetch
   * @param from the first place in its order
   * @param to the place after the last
   * @param used how many files that were fetched ahead turned out to be used
   * @param endSeen whether the window reaches the end of the directory, said once
   */
  record Ahead(@Nullable Run run, int from, int to, int used, boolean endSeen) {}

  Walk(CachedNode directory) {
    this.directory = directory;
  }

  CachedNode directory() {
    return directory;
  }

  /**
   * Notes an open before the order is known; returns whether the order is worth to be found out:
   * true at most once.
   *
   * @param listed whether that costs the source nothing
   */
  synchronized boolean noteEarly(Name name, boolean listed) {
    if (order != null) {
      return false;
    }
    Name last = early.peekLast();
    early.add(name);
    if (early.size() > SLACK) {
      early.remove();
    }
    if (asked || last == null || (!listed && WalkOrder.compare(last, name) >= 0)) {
      return false;
    }
    asked = true;
    return true;
  }

  synchronized @Nullable WalkOrder order() {
    return order;
  }

  /** Notes the order, and what it says of the files opened before. */
  synchronized Ahead learn(WalkOrder found, int needed) {
    asked = true;
    order = found;
    Ahead ahead = NOTHING;
    for (Name name : early) {
      Ahead now = openedLocked(found, name, true, needed);
      ahead = now.run == null ? ahead : now;
    }
    early.clear();
    return ahead;
  }

  /** Notes the order of a directory that will be walked next, in an order that is known. */
  synchronized Ahead begin(WalkOrder found, WalkOrder.By by, int window) {
    if (asked) {
      return NOTHING;
    }
    asked = true;
    order = found;
    Run run = new Run();
    run.by = by;
    run.last = -1;
    run.window = window;
    runs.addFirst(run);
    return widen(run, found, 0);
  }

  /**
   * Notes that a file is opened.
   *
   * @param missing whether its content is not kept: only such files begin a run
   * @param needed how many in a row begin one
   */
  synchronized Ahead opened(Name name, boolean missing, int needed) {
    WalkOrder known = order;
    return known == null ? NOTHING : openedLocked(known, name, missing, needed);
  }

  @GuardedBy("this")
  private Ahead openedLocked(WalkOrder known, Name name, boolean missing, int needed) {
    int number = known.number(name);
    if (number < 0) {
      return NOTHING;
    }
    opened.set(number);
    Long fetched = unused.remove(number);
    int used = fetched == null ? 0 : 1;
    bytesAhead -= fetched == null ? 0 : fetched;
    for (Run run : runs) {
      if (follows(run, known, number)) {
        runs.remove(run);
        runs.addFirst(run);
        return widened(run, known, used);
      }
    }
    if (missing) {
      Run run = continued(known, number);
      if (Math.max(run.following, run.followingByName) >= needed) {
        run.by = run.followingByName >= run.following ? WalkOrder.By.NAME : WalkOrder.By.LISTING;
        run.last = known.place(run.by, number);
        run.begunTo = run.last + 1;
        run.window = FIRST_WINDOW;
        return widen(run, known, used);
      }
    }
    return new Ahead(null, 0, 0, used, false);
  }

  /** Called under the lock of the walk, which the run belongs to. */
  private static boolean follows(Run run, WalkOrder known, int number) {
    WalkOrder.By by = run.by;
    if (by == null) {
      return false;
    }
    int place = known.place(by, number);
    if (place <= run.last - SLACK || place > run.begunTo) {
      return false;
    }
    run.last = Math.max(run.last, place);
    return true;
  }

  /** Returns the run, not begun yet, that a file is the next of; a new one if there is none. */
  @GuardedBy("this")
  private Run continued(WalkOrder known, int number) {
    for (Run run : runs) {
      if (run.by != null) {
        continue;
      }
      boolean listed = number == run.last + 1;
      boolean named = known.following(run.last, number) == WalkOrder.By.NAME;
      if (listed || named) {
        run.following = listed ? run.following + 1 : 1;
        run.followingByName = named ? run.followingByName + 1 : 1;
        run.last = number;
        return run;
      }
    }
    Run run = new Run();
    run.last = number;
    runs.addFirst(run);
    if (runs.size() > MOST_RUNS) {
      runs.removeLast();
    }
    return run;
  }

  @GuardedBy("this")
  private Ahead widened(Run run, WalkOrder known, int used) {
    if (run.begunTo - run.last - 1 > run.window / 2) {
      return new Ahead(null, 0, 0, used, false);
    }
    run.window = Math.min(LAST_WINDOW, run.window * 2);
    return widen(run, known, used);
  }

  @GuardedBy("this")
  private Ahead widen(Run run, WalkOrder known, int used) {
    int from = Math.max(run.begunTo, run.last + 1);
    int to = Math.min(run.last + 1 + run.window, known.size());
    boolean isEnd = to == known.size() && !endSeen;
    endSeen |= isEnd;
    if (bytesAhead >= MOST_BYTES || from >= to) {
      return new Ahead(isEnd ? run : null, from, from, used, isEnd);
    }
    run.begunTo = to;
    WalkOrder.By by = run.by;
    for (int place = from; by != null && place < to; place++) {
      opened.clear(known.numberAt(by, place));
    }
    return new Ahead(run, from, to, used, isEnd);
  }

  /** Returns the order that a run follows. */
  synchronized WalkOrder.@Nullable By by(Run run) {
    return run.by;
  }

  synchronized int window(Run run) {
    return run.window;
  }

  /** Returns whether a file need not be fetched ahead any more, as it was opened meanwhile. */
  synchronized boolean isOpened(int number) {
    return opened.get(number);
  }

  /** Asks whether a file may be fetched ahead, and counts it; false if there is too much. */
  synchronized boolean take(int number, long size) {
    if (bytesAhead + size > MOST_BYTES || opened.get(number)) {
      return false;
    }
    Long before = unused.put(number, size);
    bytesAhead += size - (before == null ? 0 : before);
    return true;
  }
}
