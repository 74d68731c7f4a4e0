package io.cachefs.cache.files;

import io.cachefs.base.FileKey;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.cache.metadata.Clock;
import io.cachefs.source.ChangeFeed;
import io.cachefs.source.FileId;
import io.cachefs.source.Source;
import io.cachefs.store.Index;
import io.cachefs.store.InodeRecord;
import io.cachefs.store.NameRecord;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the directories of which something is known: that is right until a change is reported,
 * and not only for a while. What is reported is asked for once more, and told only if it differs;
 * most reports are of changes made through the mount. Thread-safe.
 */
final class Watches implements ChangeFeed.Listener {
  private static final Logger LOG = LoggerFactory.getLogger(Watches.class);

  /** A directory that cannot be watched is tried again after this. */
  private static final long RETRY_NANOS = 10_000_000_000L;

  private final Source source;
  private final Clock clock;
  private final Map<FileId, Watch> alive = new ConcurrentHashMap<>();

  private volatile @Nullable ChangeFeed feed;
  private volatile @Nullable Parts parts;

  /** What a report is passed to. */
  private record Parts(Shared shared, AttributeCache attributes, NameCache names) {}

  Watches(Source source, Clock clock) {
    this.source = source;
    this.clock = clock;
  }

  /** Begins, if the source reports changes; without this nothing is watched. */
  void start(Shared shared, AttributeCache attributes, NameCache names) {
    parts = new Parts(shared, attributes, names);
    try {
      feed = source.changeFeed(this);
    } catch (FsException e) {
      LOG.warn("changes of the source are noticed by time alone: {}", e.getMessage());
    }
  }

  /** Returns whether changes are reported at all. */
  boolean isActive() {
    return feed != null;
  }

  /** Returns how many directories are watched. */
  int count() {
    ChangeFeed reporting = feed;
    return reporting == null ? 0 : reporting.watched();
  }

  /** Returns how many directories could not be watched, because there were too many. */
  long refused() {
    ChangeFeed reporting = feed;
    return reporting == null ? 0 : reporting.refused();
  }

  /** Returns whether all that happened until now in watched directories is known here. */
  boolean isUpToDate() {
    ChangeFeed reporting = feed;
    return reporting == null || reporting.isComplete();
  }

  /** Watches a directory from now on, if it can be: called before the source is asked about it. */
  void begin(CachedNode node) {
    ChangeFeed reporting = feed;
    DirectoryState state = node.directory();
    if (reporting == null || state == null) {
      return;
    }
    Watch watch = state.watch;
    if ((watch != null && watch.isAlive()) || clock.isAhead(state.notWatchedUntil)) {
      return;
    }
    boolean watched = false;
    try {
      watched = reporting.watch(node.inner(source));
    } catch (FsException e) {
      // Whoever asks about the directory itself meets what is wrong with it.
      LOG.debug("cannot watch {}", node.path(), e);
    }
    if (!watched) {
      state.notWatchedUntil = clock.after(RETRY_NANOS);
      return;
    }
    Parts to = parts;
    if (to != null) {
      Watch begun = new Watch(to.shared.questions().last());
      state.watch = begun;
      Watch before = alive.put(node.id(), begun);
      if (before != null && before != begun) {
        before.end();
      }
    }
  }

  // --- Reports ---

  @Override
  public void touched(FileId directory, @Nullable Name name, ChangeFeed.Kind kind) {
    Parts to = parts;
    if (to == null) {
      return;
    }
    CachedNode node = to.shared.nodes().find(directory);
    if (node == null) {
      forgetInIndex(to.shared, to.shared.keys().key(directory), name);
      return;
    }
    if (name != null) {
      nameTouched(to, node, name, kind);
    }
    if (name == null || kind == ChangeFeed.Kind.NAME) {
      askAgain(to, node);
    }
  }

  /** What is in the index alone would be taken for right as long as its lifetime lasts. */
  private static void forgetInIndex(Shared shared, FileKey directory, @Nullable Name name) {
    Index index = shared.index();
    FileKey touched = directory;
    if (name != null) {
      NameRecord record = index.name(directory, name);
      expireInIndex(index, directory);
      index.removeName(directory, name);
      touched = record == null ? null : record.child();
    }
    if (touched != null) {
      expireInIndex(index, touched);
    }
  }

  private static void expireInIndex(Index index, FileKey file) {
    InodeRecord known = index.inode(file);
    if (known != null && known.checkedAtMillis() != 0) {
      index.putInode(
          file,
          new InodeRecord(
              known.attributes(),
              0,
              known.contentId(),
              known.flags(),
              known.listed(),
              known.handle(),
              known.target()));
    }
  }

  private void nameTouched(Parts to, CachedNode directory, Name name, ChangeFeed.Kind kind) {
    NameEntry entry = to.names.entry(directory, name);
    if (entry == null) {
      if (kind == ChangeFeed.Kind.NAME) {
        to.shared.told().nameChanged(directory.id(), name);
      }
      return;
    }
    try {
      var unused = to.names.findAgain(directory, name);
    } catch (FsException e) {
      entry.expire();
      to.shared.told().nameChanged(directory.id(), name);
    }
  }

  private void askAgain(Parts to, CachedNode node) {
    Known before = node.known;
    if (before == null || before.checkedAtMillis() == 0) {
      // Nobody was told anything that could be wrong now: after a change through the mount the
      // kernel asks by itself.
      return;
    }
    long question = to.shared.questions().next();
    try {
      var unused = to.attributes.note(node, source.attributes(node.inner(source)), question);
    } catch (FsException e) {
      to.names.forgetWayTo(node);
      to.shared.told().attributesChanged(node.id());
    }
  }

  @Override
  public void lost() {
    for (FileId directory : alive.keySet()) {
      ended(directory);
    }
  }

  @Override
  public void ended(FileId directory) {
    Watch watch = alive.remove(directory);
    Parts to = parts;
    if (watch == null || to == null) {
      return;
    }
    watch.end();
    CachedNode node = to.shared.nodes().find(directory);
    DirectoryState state = node == null ? null : node.directory();
    if (node == null || state == null) {
      return;
    }
    // Who was told that it could use this until it hears of a change hears of one.
    for (NameEntry entry : state.names.values()) {
      to.shared.told().nameChanged(directory, entry.name);
      if (entry.child != null) {
        to.shared.told().attributesChanged(entry.child.id());
      }
    }
    to.shared.told().listingChanged(directory);
  }

  /** Ends all watches. */
  void close() {
    ChangeFeed reporting = feed;
    feed = null;
    if (reporting != null) {
      reporting.close();
    }
    alive.values().forEach(Watch::end);
    alive.clear();
  }
}
