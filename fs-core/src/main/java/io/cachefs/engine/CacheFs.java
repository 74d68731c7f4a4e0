package io.cachefs.engine;

import io.cachefs.base.FsException;
import io.cachefs.cache.metadata.Clock;
import io.cachefs.engine.admin.CacheAdmin;
import io.cachefs.engine.admin.WriteBackAdmin;
import io.cachefs.engine.check.CacheCheck;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.engine.config.CacheSettings;
import io.cachefs.source.FileId;
import io.cachefs.source.Source;
import io.cachefs.source.SourceCapabilities;
import io.cachefs.source.guard.GuardSettings;
import io.cachefs.source.guard.GuardedSource;
import io.cachefs.source.posix.PosixSource;
import io.cachefs.store.directory.CacheDirectory;
import io.cachefs.store.directory.CacheDirectoryException;
import io.cachefs.store.directory.SourceIdentity;
import io.cachefs.sys.FileCalls;
import io.cachefs.sys.LinuxFileCalls;
import io.cachefs.vfs.SourceVfs;
import io.cachefs.vfs.Vfs;
import java.io.Closeable;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/** A running file system over a source. Thread-safe; holds no static state. */
public final class CacheFs implements Closeable {
  private static final Duration SCRATCH_AGE = Duration.ofMinutes(1);

  private final Source source;
  private final IntSupplier keptDescriptors;
  private final @Nullable CacheStack cache;
  private final SourceVfs vfs;
  private final @Nullable String absent;

  /** Those of further mounts. */
  private final Queue<SourceVfs> more = new ConcurrentLinkedQueue<>();

  private CacheFs(
      Duration listingLifetime,
      Source source,
      IntSupplier keptDescriptors,
      @Nullable CacheStack cache,
      @Nullable String absent)
      throws FsException {
    this.source = source;
    this.keptDescriptors = keptDescriptors;
    this.cache = cache;
    this.absent = absent;
    this.vfs =
        cache == null
            ? new SourceVfs(source, InstantSource.system(), listingLifetime)
            : sharing(cache, listingLifetime);
  }

  private static SourceVfs sharing(CacheStack over, Duration listingLifetime) throws FsException {
    return SourceVfs.sharing(over.mounted(), InstantSource.system(), listingLifetime);
  }

  /** Opens the source, and the cache if there is to be one; the file system is ready for use. */
  public static CacheFs open(CacheFsConfig config) throws FsException {
    return open(config, new LinuxFileCalls());
  }

  /** Returns the real path of the source that a cache was made for, or null if it does not say. */
  public static @Nullable Path sourceOf(Path cache) {
    try {
      SourceIdentity known = CacheDirectory.sourceOf(cache);
      return known == null ? null : known.path();
    } catch (CacheDirectoryException e) {
      // Whoever opens the cache is told what is wrong with it.
      return null;
    }
  }

  /** As {@link #open(CacheFsConfig)}, over other system calls: a test can make each one fail. */
  static CacheFs open(CacheFsConfig config, FileCalls calls) throws FsException {
    return open(config, calls, systemClock());
  }

  private static Clock systemClock() {
    return new Clock(System::nanoTime, InstantSource.system());
  }

  /**
   * Opens a directory for a rehearsal, with the code that serves a real one.
   *
   * @param remote whether it is treated as one of another machine
   */
  public static CacheFs openScratch(CacheFsConfig config, boolean remote) throws FsException {
    CacheSettings settings = config.cache();
    FileCalls calls = new LinuxFileCalls();
    PosixSource source = PosixSource.open(calls, config.source(), config.descriptorLimit(), remote);
    if (settings == null) {
      return bare(source, config.listingLifetime());
    }
    // A clock that is ahead: what was made just now is old enough for its times to tell versions.
    Clock ahead =
        new Clock(System::nanoTime, () -> InstantSource.system().instant().plus(SCRATCH_AGE));
    SourceIdentity identity = new SourceIdentity(config.source(), 0, 0L, "");
    return cached(
        identity, source, null, source::keptDescriptors, settings, config.listingLifetime(), ahead);
  }

  /** As the others, by another clock. */
  static CacheFs open(CacheFsConfig config, FileCalls calls, Clock clock) throws FsException {
    CacheSettings settings = config.cache();
    if (settings == null) {
      return bare(
          GuardedSource.openWithin(
              CacheSettings.SourceCare.DEFAULT.deadline(),
              () -> PosixSource.open(calls, config.source(), config.descriptorLimit())),
          config.listingLifetime());
    }
    SourceOpener.OpenedSource opened = new SourceOpener(config, settings, calls).open();
    PosixSource source = opened.source();
    return cached(
        opened.identity(),
        source,
        opened.absent(),
        source::keptDescriptors,
        settings,
        config.listingLifetime(),
        clock);
  }

  private static CacheFs bare(PosixSource source, Duration listings) throws FsException {
    boolean opened = false;
    try {
      CacheFs cacheFs = new CacheFs(listings, source, source::keptDescriptors, null, null);
      opened = true;
      return cacheFs;
    } finally {
      if (!opened) {
        source.close();
      }
    }
  }

  /**
   * Puts a cache over any source. Takes over the source, also if this fails.
   *
   * @param name tells the source from others; a cache that was made for another one is refused
   */
  public static CacheFs over(Source source, String name, CacheSettings settings)
      throws FsException {
    SourceIdentity identity;
    boolean known = false;
    try {
      FileId root = source.root().node().id();
      identity = new SourceIdentity(Path.of(name), root.inode(), root.generation(), "");
      known = true;
    } finally {
      if (!known) {
        source.close();
      }
    }
    Duration listings = CacheFsConfig.DEFAULT_LISTING_LIFETIME;
    Clock clock = systemClock();
    return cached(identity, source, null, () -> 0, settings, listings, clock);
  }

  private static CacheFs cached(
      SourceIdentity identity,
      Source source,
      @Nullable String absent,
      IntSupplier keptDescriptors,
      CacheSettings settings,
      Duration listingLifetime,
      Clock clock)
      throws FsException {
    Source guarded = guarded(source, absent, settings, clock);
    CacheStack cache = CacheStack.open(identity, guarded, settings, clock);
    boolean opened = false;
    try {
      CacheFs cacheFs = new CacheFs(listingLifetime, source, keptDescriptors, cache, absent);
      opened = true;
      return cacheFs;
    } finally {
      if (!opened) {
        cache.close();
      }
    }
  }

  /** Puts a deadline on each call to a source that may hang. Takes over the source. */
  private static Source guarded(
      Source source, @Nullable String absent, CacheSettings settings, Clock clock)
      throws FsException {
    if (!source.capabilities().reportsErrorsAtClose()) {
      return source;
    }
    GuardSettings guard =
        GuardSettings.of(settings.source().deadline(), settings.source().waitsOffline());
    return absent == null
        ? GuardedSource.over(source, guard, clock.ticks(), clock.wall())
        : GuardedSource.overAbsent(source, absent, guard, clock.ticks(), clock.wall());
  }

  /** Returns the file system by inode. It is closed with this object. */
  public Vfs vfs() {
    return vfs;
  }

  /**
   * Returns a further file system over the same cache, for another mount: it has inode numbers and
   * handles of its own, and hears of changes made through the others. To be given to {@link
   * #endVfs}, or closed with this.
   *
   * @param listings how long its listings are used again
   */
  public Vfs newVfs(Duration listings) throws FsException {
    if (cache == null) {
      throw new IllegalStateException("only a cache can serve several mounts");
    }
    SourceVfs made = sharing(cache, listings);
    more.add(made);
    return made;
  }

  /** Closes one of several file systems, whose mount has ended, before the others. */
  public void endVfs(Vfs ended) {
    ended.close();
    more.removeIf(each -> each == ended);
  }

  /** Returns what works on the cache by path, or null if there is no cache. */
  public @Nullable CacheAdmin admin() {
    return cache == null ? null : cache.admin();
  }

  /** Returns what looks through the cache while it is used, or null if there is no cache. */
  public @Nullable CacheCheck check() {
    return cache == null ? null : cache.check();
  }

  /** Returns whether the source is on another machine, so that asking it may take long. */
  public boolean isRemote() {
    return source.capabilities().reportsErrorsAtClose();
  }

  /**
   * Returns what works on changes that wait to be sent, or null if they go to the source at once.
   */
  public @Nullable WriteBackAdmin writeBackAdmin() {
    WriteBackStack back = writeBack();
    return back == null ? null : back.admin();
  }

  /** Returns why the source could not be used when this was opened, or null if it could. */
  public @Nullable String absent() {
    return absent;
  }

  /** Returns what keeps and sends changes, or null if they go to the source at once. */
  @Nullable WriteBackStack writeBack() {
    return cache == null ? null : cache.writeBack();
  }

  /** Returns what is known of the source and what is open now. */
  public Status status() {
    return new Status(
        source.capabilities(),
        vfs.inodeCount() + more.stream().mapToInt(SourceVfs::inodeCount).sum(),
        vfs.handleCount() + more.stream().mapToInt(SourceVfs::handleCount).sum(),
        keptDescriptors.getAsInt(),
        cache == null ? null : cache.status());
  }

  @Override
  public void close() {
    for (SourceVfs each = more.poll(); each != null; each = more.poll()) {
      each.close();
    }
    vfs.close();
    if (cache != null) {
      cache.close();
      // What operations that still ran have opened meanwhile; now none can open anything.
      vfs.close();
    }
  }

  /**
   * A moment of a running file system.
   *
   * @param inodes how many files the kernel or another user holds references to
   * @param openHandles how many files and directories are open
   * @param keptDescriptors how many descriptors are kept besides those of open files
   * @param cache null if there is none
   */
  public record Status(
      SourceCapabilities source,
      int inodes,
      int openHandles,
      int keptDescriptors,
      @Nullable CacheStatus cache) {}
}
