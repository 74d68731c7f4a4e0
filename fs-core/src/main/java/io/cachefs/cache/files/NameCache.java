package io.cachefs.cache.files;

import io.cachefs.base.Errno;
import io.cachefs.base.FileKey;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.cache.metadata.Clock;
import io.cachefs.cache.metadata.Order;
import io.cachefs.cache.metadata.Terms;
import io.cachefs.source.FileId;
import io.cachefs.source.Found;
import io.cachefs.source.SourceDownException;
import io.cachefs.source.SourceNode;
import io.cachefs.store.NameRecord;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Answers what a name stands for: from memory, from the index, or by asking the source. */
final class NameCache {
  /** Enough that two names being changed at the same time rarely share one. */
  private static final int ORDERS = 1024;

  /** What a source says when a name does not lead to the file any more. */
  private static final Set<Errno> LOST =
      EnumSet.of(Errno.ENOENT, Errno.ESTALE, Errno.ENOTDIR, Errno.EACCES);

  private final Shared shared;
  private final Clock clock;
  private final AttributeCache attributes;
  private final Order[] orders = new Order[ORDERS];

  /** Questions under way that others may wait for. */
  private final Map<Key, Flight<Found>> flights = new ConcurrentHashMap<>();

  private record Key(FileId directory, Name name) {}

  NameCache(Shared shared, AttributeCache attributes) {
    this.shared = shared;
    this.clock = shared.clock();
    this.attributes = attributes;
    for (int i = 0; i < ORDERS; i++) {
      orders[i] = new Order(shared.questions());
    }
  }

  private Order order(CachedNode directory, Name name) {
    int hash = directory.id().hashCode() * 31 + name.hashCode();
    return orders[(hash ^ hash >>> 16) & (ORDERS - 1)];
  }

  static DirectoryState state(CachedNode directory) throws FsException {
    DirectoryState state = directory.directory();
    if (state == null) {
      throw new FsException(Errno.ENOTDIR);
    }
    return state;
  }

  /** Returns the file if all there is to know of it is known and can be used now. */
  @Nullable Found known(CachedNode directory, Name name) throws FsException {
    DirectoryState state = state(directory);
    NameEntry entry = state.names.get(name);
    if (entry == null) {
      entry = restored(directory, state, name);
    }
    if (entry != null && (entry.isFresh(clock) || isLastWord(entry))) {
      shared.nodes().used(entry);
      CachedNode child = entry.child;
      if (child == null) {
        throw new FsException(Errno.ENOENT);
      }
      Known known = attributes.fresh(child);
      return known == null ? null : known.found();
    }
    if (entry == null && isListedWithout(directory, state, name)) {
      throw new FsException(Errno.ENOENT);
    }
    return null;
  }

  private boolean isLastWord(NameEntry entry) {
    return shared.source().isDown() && mayOutlive(entry);
  }

  private boolean mayOutlive(NameEntry entry) {
    return !entry.doubted && !shared.paths().terms(entry.directory, entry.name).isStrict();
  }

  /** Returns what the source said of a name before it went down, or fails as the question did. */
  Found lastWord(CachedNode directory, Name name, SourceDownException failure) throws FsException {
    NameEntry entry = entry(directory, name);
    if (entry == null || !mayOutlive(entry)) {
      throw failure;
    }
    CachedNode child = entry.child;
    if (child == null) {
      throw new FsException(Errno.ENOENT);
    }
    return attributes.lastWord(child, failure).found();
  }

  /** Returns what is known of a name, fresh or not, or null. */
  @Nullable NameEntry entry(CachedNode directory, Name name) {
    DirectoryState state = directory.directory();
    if (state == null) {
      return null;
    }
    NameEntry entry = state.names.get(name);
    return entry == null ? restored(directory, state, name) : entry;
  }

  private @Nullable NameEntry restored(CachedNode directory, DirectoryState state, Name name) {
    long question = shared.questions().next();
    NameRecord record = shared.index().name(directory.key(), name);
    if (record == null) {
      return null;
    }
    FileKey key = record.child();
    CachedNode child = null;
    if (key != null) {
      FileId id = shared.keys().id(key);
      child = id == null ? null : shared.nodes().of(id, record.type());
      if (child == null || child.known == null) {
        return null;
      }
      if (child.place() == null) {
        child.seenAt(directory, name);
      }
      shared.records().revive(child, shared.paths().terms(child));
    }
    Terms terms = shared.paths().terms(directory, name);
    long lifetime = child == null ? terms.absent() : terms.names();
    long until = shared.records().until(lifetime, record.checkedAtMillis());
    NameEntry entry = new NameEntry(directory, name, child, question, until, null);
    entry.persistedAtMillis = record.checkedAtMillis();
    entry.doubted = record.checkedAtMillis() == 0;
    Order order = order(directory, name);
    synchronized (order) {
      NameEntry present = state.names.get(name);
      if (present != null || !order.accepts(question)) {
        return present;
      }
      state.names.put(name, entry);
    }
    shared.nodes().keep(entry);
    return entry;
  }

  /** Returns whether all names of the directory are known and this one is not among them. */
  private boolean isListedWithout(CachedNode directory, DirectoryState state, Name name) {
    Known known = attributes.fresh(directory);
    if (known == null) {
      return false;
    }
    DirectoryState.Complete complete = state.complete;
    if (complete != null) {
      // A listing read while names changed may lack one that was there all the time.
      return complete.settled()
          && complete.version().equals(known.version())
          && !complete.listing().contains(name);
    }
    // That the index does not have the name was found out just before.
    return known.version().equals(state.listed);
  }

  /** Asks the source for a name, or waits for the answer to the same question of another. */
  Found asked(CachedNode directory, Name name) throws FsException {
    if (shared.paths().terms(directory, name).isStrict()) {
      return ask(directory, name);
    }
    Key key = new Key(directory.id(), name);
    Flight<Found> mine = new Flight<>();
    Flight<Found> other = flights.putIfAbsent(key, mine);
    if (other != null) {
      return other.await();
    }
    try {
      Found found = ask(directory, name);
      mine.landed(found);
      return found;
    } catch (FsException | RuntimeException e) {
      mine.failed(e);
      throw e;
    } finally {
      flights.remove(key, mine);
    }
  }

  private Found ask(CachedNode directory, Name name) throws FsException {
    shared.watches().begin(directory);
    long question = shared.questions().next();
    SourceNode inner = directory.inner(shared.source());
    try {
      return note(directory, name, shared.source().find(inner, name), question);
    } catch (FsException e) {
      if (e.errno() == Errno.ENOENT) {
        noteAbsent(directory, name, question);
      } else if (e.errno() == Errno.ESTALE) {
        forgetWayTo(directory);
      }
      throw e;
    }
  }

  /** Asks for those of several names that are not known, for who is about to ask for each. */
  void askAhead(CachedNode directory, List<Name> all) {
    List<Name> unknown = new ArrayList<>(all.size());
    for (Name name : all) {
      if (!isKnown(directory, name) && !shared.paths().terms(directory, name).isStrict()) {
        unknown.add(name);
      }
    }
    shared.watches().begin(directory);
    long question = shared.questions().next();
    List<Found> found = shared.source().findAll(directory.inner(shared.source()), unknown);
    for (int i = 0; i < found.size(); i++) {
      var noted = note(directory, unknown.get(i), found.get(i), question);
      assert noted.node().id() != null;
    }
  }

  private boolean isKnown(CachedNode directory, Name name) {
    NameEntry entry = entry(directory, name);
    CachedNode child = entry == null || !entry.isFresh(clock) ? null : entry.child;
    return child != null && attributes.fresh(child) != null;
  }

  /** Asks for a name to learn of the file it led to; null if it does not lead anywhere. */
  @Nullable Found findAgain(CachedNode directory, Name name) throws FsException {
    try {
      return ask(directory, name);
    } catch (FsException e) {
      if (LOST.contains(e.errno())) {
        return null;
      }
      throw e;
    }
  }

  /** Lets every name that leads to a file be asked for again: one of them is not right any more. */
  void forgetWayTo(CachedNode node) {
    attributes.expire(node);
    for (CachedNode.Place at = node.place(); at != null; at = at.directory().place()) {
      DirectoryState state = at.directory().directory();
      NameEntry entry = state == null ? null : state.names.get(at.name());
      if (entry != null) {
        entry.expire();
      }
      attributes.expire(at.directory());
    }
  }

  // --- Answers ---

  /** Notes a file that the source found under a name, and returns it for use. */
  Found note(CachedNode directory, Name name, Found raw, long question) {
    CachedNode child = shared.nodes().of(raw.node().id(), raw.node().type());
    child.adopt(raw.node());
    child.seenAt(directory, name);
    Found found = attributes.note(child, raw.attributes(), question).found();
    noteEntry(directory, name, child, question);
    return found;
  }

  /** Notes that a name does not exist. */
  void noteAbsent(CachedNode directory, Name name, long question) {
    noteEntry(directory, name, null, question);
  }

  private void noteEntry(
      CachedNode directory, Name name, @Nullable CachedNode child, long question) {
    DirectoryState state = directory.directory();
    if (state == null) {
      return;
    }
    NameEntry before;
    NameEntry entry;
    Order order = order(directory, name);
    synchronized (order) {
      before = state.names.get(name);
      if (!order.accepts(question) || (before != null && before.question >= question)) {
        return;
      }
      entry = put(directory, state, name, child, before, question);
    }
    if (entry != before) {
      if (before != null) {
        shared.nodes().drop(before);
      }
      shared.nodes().keep(entry);
    }
    contradict(directory, state, name, before, child);
  }

  /** Puts the answer into memory and the index. The caller holds the order of the name. */
  private NameEntry put(
      CachedNode directory,
      DirectoryState state,
      Name name,
      @Nullable CachedNode child,
      @Nullable NameEntry before,
      long question) {
    Terms terms =
        child == null ? shared.paths().terms(directory, name) : shared.paths().terms(child);
    long lifetime = child == null ? terms.absent() : terms.names();
    Watch watch = state.watch;
    if (watch != null && (terms.isStrict() || !watch.covers(question))) {
      watch = null;
    }
    NameEntry entry;
    if (before != null && before.child == child) {
      entry = before;
      entry.confirm(question, clock.after(lifetime), watch);
    } else {
      entry = new NameEntry(directory, name, child, question, clock.after(lifetime), watch);
      state.names.put(name, entry);
    }
    long now = clock.millis();
    if (shared.records().isLate(entry.persistedAtMillis, now, lifetime)) {
      entry.persistedAtMillis = now;
      int type = child == null ? 0 : child.type();
      shared
          .index()
          .putName(
              directory.key(), name, new NameRecord(child == null ? null : child.key(), type, now));
    }
    return entry;
  }

  /** Draws the conclusions if an answer is not what was known before. */
  private void contradict(
      CachedNode directory,
      DirectoryState state,
      Name name,
      @Nullable NameEntry before,
      @Nullable CachedNode child) {
    if (before != null && before.child != child) {
      if (before.child != null) {
        attributes.expire(before.child);
        shared.told().attributesChanged(before.child.id());
      }
      attributes.expire(directory);
      shared.told().nameChanged(directory.id(), name);
    }
    DirectoryState.Complete complete = state.complete;
    if (complete != null && complete.listing().contains(name) != (child != null)) {
      state.complete = null;
      attributes.expire(directory);
    }
  }

  // --- Changes of ours ---

  /** A change of what a name stands for that is being made through here. */
  record Change(CachedNode directory, Name name, long question) {}

  /** Begins a change: until it ends, nothing is noted of this name. */
  Change begin(CachedNode directory, Name name) throws FsException {
    DirectoryState state = state(directory);
    order(directory, name).begin();
    state.order.begin();
    forgetListing(directory, state);
    flights.remove(new Key(directory.id(), name));
    return new Change(directory, name, attributes.beginChange(directory));
  }

  /** Ends a change: the name stands for {@code child} now, or for nothing. */
  void end(Change change, @Nullable CachedNode child) {
    end(change, child, true);
  }

  /** Ends a change after which nobody knows what the name stands for. */
  void endUnknown(Change change) {
    end(change, null, false);
  }

  private void end(Change change, @Nullable CachedNode child, boolean known) {
    CachedNode directory = change.directory;
    DirectoryState state = directory.directory();
    if (state == null) {
      return;
    }
    Order order = order(directory, change.name);
    synchronized (order) {
      boolean sure = order.end() && known;
      NameEntry before = state.names.get(change.name);
      if (sure) {
        long question = shared.questions().next();
        NameEntry entry = put(directory, state, change.name, child, before, question);
        if (entry != before) {
          shared.nodes().keep(entry);
        }
      } else {
        state.names.remove(change.name);
        shared.index().removeName(directory.key(), change.name);
      }
      if (before != null && state.names.get(change.name) != before) {
        shared.nodes().drop(before);
      }
    }
    flights.remove(new Key(directory.id(), change.name));
    synchronized (state.order) {
      state.order.end();
    }
    forgetListing(directory, state);
    attributes.endChange(directory, null, true);
    if (shared.told().isShared()) {
      shared.told().nameChanged(directory.id(), change.name);
      shared.told().listingChanged(directory.id());
    }
  }

  private void forgetListing(CachedNode directory, DirectoryState state) {
    state.complete = null;
    if (state.listed != null) {
      synchronized (directory.order) {
        state.listed = null;
        shared.records().save(directory);
      }
    }
  }
}
