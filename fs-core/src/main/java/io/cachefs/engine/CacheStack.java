package io.cachefs.engine;

import io.cachefs.base.FsException;
import io.cachefs.cache.budget.Bounds;
import io.cachefs.cache.budget.DiskHealth;
import io.cachefs.cache.budget.Ledger;
import io.cachefs.cache.budget.WatchedBlobStore;
import io.cachefs.cache.data.DataCache;
import io.cachefs.cache.data.DataStatus;
import io.cachefs.cache.data.Space;
import io.cachefs.cache.eviction.DiskEvictor;
import io.cachefs.cache.eviction.EvictionPolicy;
import io.cachefs.cache.eviction.Recount;
import io.cachefs.cache.eviction.Usage;
import io.cachefs.cache.files.CachedSource;
import io.cachefs.cache.files.ContentNews;
import io.cachefs.cache.metadata.Clock;
import io.cachefs.engine.admin.CacheAdmin;
import io.cachefs.engine.check.CacheCheck;
import io.cachefs.engine.check.CheckedParts;
import io.cachefs.engine.check.JournalCheck;
import io.cachefs.engine.config.CacheSettings;
import io.cachefs.engine.config.WriteMode;
import io.cachefs.source.Source;
import io.cachefs.source.guard.GuardedSource;
import io.cachefs.store.BlobStore;
import io.cachefs.store.Index;
import io.cachefs.store.StoreException;
import io.cachefs.store.blob.ShardedBlobStore;
import io.cachefs.store.directory.CacheDirectory;
import io.cachefs.store.directory.CacheDirectoryException;
import io.cachefs.store.directory.SourceIdentity;
import io.cachefs.store.lmdb.IndexOpener;
import io.cachefs.store.lmdb.IndexOpener.OpenedIndex;
import io.cachefs.sys.LinuxFileCalls;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A cache over a source, with everything it stands on. Closed from the top down. */
final class CacheStack implements Closeable {
  private final CacheSettings settings;
  private final Clock clock;
  private final Source inner;

  /** What is to be closed, the last opened first. */
  private final Deque<Closeable> open = new ArrayDeque<>();

  private final CacheDirectory directory;
  private final BlobStore blobs;
  private final OpenedIndex opened;
  private final Index index;
  private final Ledger ledger;
  private final FirstCount count = new FirstCount();
  private final DataCache data;
  private final DiskEvictor evictor;
  private final CachedSource source;
  private final @Nullable WriteBackStack writeBack;

  /**
   * Opens the cache of a source.
   *
   * @param identity of the source
   * @param source taken over, also if this fails
   */
  static CacheStack open(
      SourceIdentity identity, Source source, CacheSettings settings, Clock clock)
      throws FsException {
    try {
      return new CacheStack(identity, source, settings, clock);
    } catch (CacheDirectoryException e) {
      boolean locked = e.kind() == CacheDirectoryException.Kind.LOCKED;
      throw new CacheUnusableException(said(e), locked, e.pid(), e);
    } catch (StoreException | IOException e) {
      String sentence = "the cache in " + settings.directory() + " cannot be used: " + said(e);
      throw new CacheUnusableException(sentence, e);
    }
  }

  private static String said(Exception e) {
    String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message;
  }

  private CacheStack(SourceIdentity identity, Source inner, CacheSettings settings, Clock clock)
      throws StoreException, CacheDirectoryException, IOException, FsException {
    this.settings = settings;
    this.clock = clock;
    this.inner = inner;
    open.push(inner);
    boolean done = false;
    try {
      directory = CacheDirectory.open(settings.directory(), identity);
      open.push(directory);
      Bounds bounds = PartSettings.bounds(settings.limits());
      opened =
          IndexOpener.open(directory.index(), bounds.indexBytes(), clock.wall(), clock.ticks());
      index = opened.index();
      open.push(index);
      boolean isKnown = opened.orderly() || isEmpty(directory.blobs());
      DiskHealth health = new DiskHealth(clock.ticks());
      blobs = openBlobs(directory, health);
      ledger = newLedger(bounds, blobs, health);
      EvictionPolicy policy = PartSettings.policy(settings.limits());
      Usage usage = new Usage(index, policy);
      ContentNews news = new ContentNews();
      data = openData(blobs, news);
      evictor = startEvictor(bounds, policy, usage);
      count(blobs, isKnown);
      source =
          new CachedSource(inner, index, data, usage, news, clock, PartSettings.files(settings));
      open.push(source);
      writeBack = openWriteBack(directory);
      done = true;
    } finally {
      if (!done) {
        close();
      }
    }
  }

  /** Changes that wait are not left alone, also if the mode is another one now. */
  private @Nullable WriteBackStack openWriteBack(CacheDirectory directory)
      throws FsException, IOException {
    boolean wanted = settings.writing().mode() == WriteMode.WRITE_BACK;
    if (!wanted && !Files.exists(directory.journal())) {
      return null;
    }
    WriteBackStack opened = WriteBackStack.open(directory, source, inner, ledger, settings, clock);
    open.push(opened);
    if (wanted || opened.waiting() > 0) {
      return opened;
    }
    open.pop();
    opened.close();
    return null;
  }

  private static boolean isEmpty(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.findAny().isEmpty();
    }
  }

  private BlobStore openBlobs(CacheDirectory directory, DiskHealth health) throws StoreException {
    BlobStore files =
        ShardedBlobStore.open(
            new LinuxFileCalls(), directory.blobs(), ShardedBlobStore.DEFAULT_OPEN_LIMIT);
    open.push(files);
    return new WatchedBlobStore(files, health);
  }

  private Ledger newLedger(Bounds bounds, BlobStore blobs, DiskHealth health) {
    Index.Status kept = index.status();
    return new Ledger(
        bounds,
        blobs,
        health,
        () -> index.status().usedBytes(),
        clock.ticks(),
        kept.contentBytes(),
        kept.contents(),
        kept.pinnedBytes());
  }

  private DataCache openData(BlobStore blobs, ContentNews news) {
    DataCache made =
        new DataCache(
            index,
            blobs,
            Space.of(ledger, count::isDone),
            PartSettings.data(settings),
            clock.wall(),
            clock.ticks(),
            news);
    open.push(made);
    made.start();
    return made;
  }

  private DiskEvictor startEvictor(Bounds bounds, EvictionPolicy policy, Usage usage) {
    SplittableRandom seeds = new SplittableRandom(clock.nanos());
    DiskEvictor made =
        new DiskEvictor(
            index, ledger, policy, usage, data, bounds.indexBytes(), seeds, clock::millis);
    open.push(made);
    made.start();
    return made;
  }

  /** Finds out what is on the disk, unless the index knows. */
  private void count(BlobStore blobs, boolean isKnown) {
    if (isKnown) {
      count.skip();
    } else {
      open.push(count);
      count.start(new Recount(index, blobs, ledger, data));
    }
  }

  CachedSource source() {
    return source;
  }

  /** Returns what is to be mounted: the cache, and above it what is not at the source yet. */
  Source mounted() {
    return writeBack == null ? source : writeBack.source();
  }

  /** Returns what keeps and sends changes, or null if they go to the source at once. */
  @Nullable WriteBackStack writeBack() {
    return writeBack;
  }

  CacheAdmin admin() {
    return new CacheAdmin(source, source.administration(), this::freeBytes);
  }

  /** Returns how much fits in without evicting anything. */
  private long freeBytes() {
    Ledger.Status now = ledger.status();
    return Math.min(now.limitBytes() - now.usedBytes(), now.freeBytes());
  }

  /** Returns what looks through the cache while it is used. */
  CacheCheck check() {
    return new CacheCheck(
        new CheckedParts(
            directory,
            index,
            opened.index().audit(),
            blobs,
            data,
            writeBack == null ? JournalCheck.NOTHING : writeBack.check(),
            false,
            this::correct));
  }

  private void correct(long contents, long bytes, long pinnedBytes) {
    ledger.release(bytes, contents);
    ledger.unpin(pinnedBytes);
  }

  CacheStatus status() {
    Ledger.Status now = ledger.status();
    DataStatus contents = data.status();
    return new CacheStatus(
        settings.directory().toString(),
        StatusOf.disk(now, settings.limits()),
        StatusOf.index(index.status()),
        StatusOf.data(contents),
        StatusOf.memory(contents),
        StatusOf.metadata(source, settings.limits()),
        StatusOf.eviction(evictor.status(), settings.limits()),
        new CacheStatus.Pins(now.pinnedBytes(), now.pinnedLimit()),
        inner instanceof GuardedSource guarded ? StatusOf.source(guarded) : null,
        StatusOf.recovery(opened.rebuilt(), count),
        writeBack == null ? null : writeBack.admin().status());
  }

  @Override
  public synchronized void close() {
    while (!open.isEmpty()) {
      try {
        open.pop().close();
      } catch (IOException e) {
        // None of these fails to close in a way that the next could do anything about.
        assert e.getMessage() != null;
      }
    }
  }
}
