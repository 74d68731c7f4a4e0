package io.cachefs.cache.files;

import io.cachefs.base.AttributeChange;
import io.cachefs.base.Attributes;
import io.cachefs.base.Caller;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.base.StatFs;
import io.cachefs.cache.data.DataCache;
import io.cachefs.cache.eviction.Usage;
import io.cachefs.cache.metadata.Clock;
import io.cachefs.cache.metadata.FileKeys;
import io.cachefs.cache.metadata.Freshness;
import io.cachefs.cache.metadata.Questions;
import io.cachefs.cache.metadata.WriteModes;
import io.cachefs.source.FileId;
import io.cachefs.source.Found;
import io.cachefs.source.Pin;
import io.cachefs.source.Source;
import io.cachefs.source.SourceCapabilities;
import io.cachefs.source.SourceDirectory;
import io.cachefs.source.SourceDownException;
import io.cachefs.source.SourceListener;
import io.cachefs.source.SourceNode;
import io.cachefs.store.Index;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * A source that remembers what another said. Thread-safe; nothing is locked while the other is
 * asked. Each call here says in one line which part answers it.
 */
public final class CachedSource implements Source {
  /** How long a kernel uses what outlives its lifetime: so late it sees that the source is back. */
  private static final long LAST_WORD_LIFETIME = TimeUnit.SECONDS.toNanos(1);

  private final Source source;
  private final LongAdder hits = new LongAdder();
  private final LongAdder misses = new LongAdder();
  private final Shared shared;
  private final AttributeCache attributes;
  private final NameCache names;
  private final Directories directories;
  private final Refresher refresher;
  private final OpenFiles files;
  private final Writers writers;
  private final Xattrs xattrs;
  private final Links links;
  private final OwnChanges changes;
  private final FreeSpace freeSpace;
  private final CachedNode root;
  private final Administration administration;

  /**
   * How much is remembered and for how long.
   *
   * @param writing what is kept of what is written
   * @param memoryBytes for names and attributes, on the heap
   * @param watched whether a source that reports changes is listened to
   * @param directories whether small files of a directory being walked are fetched before they are
   *     opened, where asking the source takes long
   */
  public record Settings(
      Freshness freshness,
      Caching caching,
      WriteModes writing,
      long memoryBytes,
      boolean watched,
      boolean directories) {}

  /** Uses all of these, which outlive this. */
  public CachedSource(
      Source source,
      Index index,
      DataCache data,
      Usage usage,
      ContentNews news,
      Clock clock,
      Settings settings)
      throws FsException {
    this.source = source;
    Questions questions = new Questions();
    long question = questions.next();
    SourceNode rootNode = source.rootNode();
    Found found = source.isDown() ? null : source.root();
    FileKeys keys = new FileKeys(rootNode.id().device());
    Records records = new Records(index, clock);
    NodeTable nodes = new NodeTable(keys, questions, records, settings.memoryBytes());
    Watches watches = new Watches(source, clock);
    Paths paths = new Paths(settings.freshness());
    this.shared =
        new Shared(
            source,
            index,
            data,
            clock,
            questions,
            keys,
            paths,
            records,
            nodes,
            new Told(),
            watches);
    this.attributes = new AttributeCache(shared);
    this.names = new NameCache(shared, attributes);
    this.directories = new Directories(shared, attributes, names);
    boolean cheap = !source.capabilities().reportsErrorsAtClose();
    this.refresher = new Refresher(shared, attributes, names, directories, !cheap);
    this.writers = new Writers(shared, attributes, settings.caching(), settings.writing(), cheap);
    this.files =
        new OpenFiles(shared, attributes, names, settings.caching(), writers, cheap, usage);
    if (settings.directories() && !cheap) {
      files.setPlanner(new Planner(shared, names, directories, files, settings.caching()));
    }
    this.administration =
        new Administration(shared, attributes, names, settings.caching(), writers);
    this.xattrs = new Xattrs(shared, attributes, names);
    this.links = new Links(shared);
    this.changes = new OwnChanges(shared, attributes, names, files, writers, xattrs);
    this.freeSpace = new FreeSpace(shared);
    this.root = nodes.of(rootNode.id(), rootNode.type());
    root.adopt(rootNode);
    if (found != null) {
      attributes.note(root, found.attributes(), question);
    }
    news.connect(shared, attributes);
    if (settings.watched() && !paths.general().isStrict()) {
      watches.start(shared, attributes, names);
    }
  }

  /** Returns how many names and listings are in memory. */
  public long keptNames() {
    return shared.nodes().size();
  }

  /**
   * How names and attributes were answered.
   *
   * @param hits without asking the source
   * @param misses by asking it, or not at all because it failed
   */
  public record Answers(long hits, long misses) {}

  /** Returns how names and attributes were answered so far. */
  public Answers answers() {
    return new Answers(hits.sum(), misses.sum());
  }

  /** Returns what administers the cache of single files. */
  public Administration administration() {
    return administration;
  }

  private static CachedNode cached(SourceNode node) {
    return (CachedNode) node;
  }

  private SourceNode inner(SourceNode node) {
    return cached(node).inner(source);
  }

  @Override
  public SourceCapabilities capabilities() {
    return source.capabilities();
  }

  // --- What is asked ---

  @Override
  public Found root() throws FsException {
    return attributes.current(root, names).found();
  }

  @Override
  public SourceNode rootNode() {
    return root;
  }

  @Override
  public SourceNode restore(FileId id, int type, byte[] handle, SourceNode parent, Name name) {
    CachedNode node = shared.nodes().of(id, type);
    node.restoreHandle(handle);
    node.seenAt(cached(parent), name);
    return node;
  }

  @Override
  public Found find(SourceNode parent, Name name) throws FsException {
    CachedNode directory = cached(parent);
    if (isReportPending(directory)) {
      misses.increment();
      return names.asked(directory, name);
    }
    Found known = knownOrCounted(directory, name);
    if (known != null) {
      return known;
    }
    try {
      return names.asked(directory, name);
    } catch (SourceDownException e) {
      return names.lastWord(directory, name, e);
    }
  }

  private @Nullable Found knownOrCounted(CachedNode directory, Name name) throws FsException {
    boolean hit = true;
    try {
      Found known = names.known(directory, name);
      hit = known != null;
      if (!hit && refresher.asked(directory, name)) {
        known = names.known(directory, name);
      }
      return known;
    } finally {
      // That a name is known not to exist is an answer too.
      (hit ? hits : misses).increment();
    }
  }

  /**
   * Whether what is known of a directory may have changed and the report of it is still under way.
   * A local source is asked then: it answers at once.
   */
  private boolean isReportPending(CachedNode directory) {
    DirectoryState state = directory.directory();
    Watch watch = state == null ? null : state.watch;
    return watch != null && watch.isAlive() && !shared.watches().isUpToDate();
  }

  @Override
  public Attributes attributes(SourceNode node) throws FsException {
    CachedNode file = cached(node);
    Known known = attributes.fresh(file);
    if (known != null) {
      boolean sure = known.watch() == null || shared.watches().isUpToDate();
      (sure ? hits : misses).increment();
      return sure ? known.attributes() : attributes.asked(file, names).attributes();
    }
    misses.increment();
    CachedNode.Place place = file.place();
    if (place != null) {
      refresher.asked(place.directory(), place.name());
    }
    return attributes.current(file, names).attributes();
  }

  @Override
  public byte[] readlink(SourceNode node) throws FsException {
    return links.target(cached(node));
  }

  @Override
  public void access(Caller caller, SourceNode node, int mask) throws FsException {
    Known known = attributes.fresh(cached(node));
    if (known == null || !Access.isSurelyAllowed(caller, known.attributes(), mask)) {
      source.access(caller, inner(node), mask);
    }
  }

  @Override
  public StatFs statfs(SourceNode node) throws FsException {
    return freeSpace.of(cached(node));
  }

  @Override
  public Opened open(SourceNode node, int flags) throws FsException {
    return files.open(cached(node), flags);
  }

  @Override
  public SourceDirectory openDirectory(SourceNode node) throws FsException {
    return directories.open(cached(node));
  }

  @Override
  public byte[] xattr(SourceNode node, byte[] name) throws FsException {
    return xattrs.value(cached(node), name);
  }

  @Override
  public byte[] listXattrs(SourceNode node) throws FsException {
    return xattrs.list(cached(node));
  }

  // --- What is changed ---

  @Override
  public Attributes change(SourceNode node, AttributeChange change) throws FsException {
    return changes.change(cached(node), change);
  }

  @Override
  public Created create(Caller caller, SourceNode parent, Name name, int mode, int flags)
      throws FsException {
    return changes.create(caller, cached(parent), name, mode, flags);
  }

  @Override
  public Created createUnnamed(Caller caller, SourceNode parent, int mode, int flags)
      throws FsException {
    return changes.createUnnamed(caller, cached(parent), mode, flags);
  }

  @Override
  public Found mkdir(Caller caller, SourceNode parent, Name name, int mode) throws FsException {
    return changes.mkdir(caller, cached(parent), name, mode);
  }

  @Override
  public Found mknod(Caller caller, SourceNode parent, Name name, int mode, int device)
      throws FsException {
    return changes.mknod(caller, cached(parent), name, mode, device);
  }

  @Override
  public Found symlink(Caller caller, SourceNode parent, Name name, byte[] target)
      throws FsException {
    return changes.symlink(caller, cached(parent), name, target);
  }

  @Override
  public Found link(SourceNode node, SourceNode newParent, Name newName) throws FsException {
    return changes.link(cached(node), cached(newParent), newName);
  }

  @Override
  public Pin pin(SourceNode parent, Name name) throws FsException {
    return new CachedPin(source, source.pin(inner(parent), name));
  }

  @Override
  public void unlink(SourceNode parent, Name name) throws FsException {
    changes.unlink(cached(parent), name);
  }

  @Override
  public void rmdir(SourceNode parent, Name name) throws FsException {
    changes.rmdir(cached(parent), name);
  }

  @Override
  public void rename(
      SourceNode parent, Name name, SourceNode newParent, Name newName, int flags, KnownNodes known)
      throws FsException {
    changes.rename(cached(parent), name, cached(newParent), newName, flags, known);
  }

  @Override
  public void setXattr(SourceNode node, byte[] name, byte[] value, int flags) throws FsException {
    changes.setXattr(cached(node), name, value, flags);
  }

  @Override
  public void removeXattr(SourceNode node, byte[] name) throws FsException {
    changes.removeXattr(cached(node), name);
  }

  /**
   * Keeps bytes of a file that somebody has just brought to the source, if nobody has it open for
   * writing and nothing of it changed meanwhile.
   *
   * @param now what the source says of the file with these bytes
   */
  public void keep(SourceNode file, Attributes now, KeptBytes bytes) throws FsException {
    writers.keep(cached(file), now, bytes);
  }

  @Override
  public void syncAll() throws FsException {
    source.syncAll();
  }

  // --- How long it is right ---

  @Override
  public long attributesLifetime(SourceNode node) {
    Known known = cached(node).known;
    if (known == null) {
      return 0;
    }
    Watch watch = known.watch();
    if (watch != null && watch.isAlive()) {
      return Long.MAX_VALUE;
    }
    long left = shared.clock().left(known.until());
    return left == 0 && attributes.isLastWord(cached(node), known) ? LAST_WORD_LIFETIME : left;
  }

  @Override
  public long nameLifetime(SourceNode directory) {
    long names = shared.paths().least().names();
    return names != 0 && isWatched(directory) ? Long.MAX_VALUE : names;
  }

  @Override
  public long absenceLifetime(SourceNode directory) {
    long absent = shared.paths().least().absent();
    return absent != 0 && isWatched(directory) ? Long.MAX_VALUE : absent;
  }

  private static boolean isWatched(SourceNode node) {
    DirectoryState state = cached(node).directory();
    Watch watch = state == null ? null : state.watch;
    return watch != null && watch.isAlive();
  }

  @Override
  public void tell(SourceListener listener) {
    shared.told().add(listener);
  }

  @Override
  public void tellNoMore(SourceListener listener) {
    shared.told().remove(listener);
  }

  /** While changes of listings are reported, a kernel may keep one it has. */
  @Override
  public boolean listsUnopened() {
    return shared.watches().isActive();
  }

  /** Returns how many directories could not be watched for changes, as there were too many. */
  public long refusedWatches() {
    return shared.watches().refused();
  }

  /** Returns how many directories are watched for changes. */
  public int watchedDirectories() {
    return shared.watches().count();
  }

  /** Ends what was begun here; what this was made of stays open. */
  @Override
  public void close() {
    shared.watches().close();
  }
}
