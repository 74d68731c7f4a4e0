package io.cachefs.engine.check;

import io.cachefs.base.FileKey;
import io.cachefs.cache.data.ContentListener;
import io.cachefs.cache.data.DataCache;
import io.cachefs.cache.data.DataSettings;
import io.cachefs.cache.data.Space;
import io.cachefs.cache.metadata.Clock;
import io.cachefs.engine.check.Finding.Kind;
import io.cachefs.store.StoreException;
import io.cachefs.store.blob.ShardedBlobStore;
import io.cachefs.store.directory.CacheDirectory;
import io.cachefs.store.directory.CacheDirectoryException;
import io.cachefs.store.lmdb.IndexOpener;
import io.cachefs.store.lmdb.IndexOpener.OpenedIndex;
import io.cachefs.store.lmdb.LmdbIndex;
import io.cachefs.sys.LinuxFileCalls;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** A cache directory that nobody uses while it is checked; its source is not needed. */
public final class IdleCache implements Closeable {
  private static final ContentListener NOBODY =
      new ContentListener() {
        @Override
        public void versionGone(FileKey file, long contentId) {}

        @Override
        public void changedId(FileKey file, long contentId) {}
      };

  /** The index keeps the account; nobody reserves anything meanwhile. */
  private static final Space NO_ACCOUNT =
      new Space() {
        @Override
        public boolean tryReserve(long bytes, long contents) {
          return false;
        }

        @Override
        public void release(long bytes, long contents) {}

        @Override
        public void charge(long bytes) {}

        @Override
        public boolean tryPin(long bytes) {
          return true;
        }

        @Override
        public void unpin(long bytes) {}
      };

  private final CacheDirectory directory;
  private final Clock clock;

  private IdleCache(CacheDirectory directory, Clock clock) {
    this.directory = directory;
    this.clock = clock;
  }

  /**
   * Takes a directory for this process.
   *
   * @param job in which permissions are noted that had to be corrected for it
   * @param ticks a clock that only goes forward, in nanoseconds
   * @param wall the time of day
   */
  public static IdleCache open(Path place, CheckJob job, LongSupplier ticks, InstantSource wall)
      throws CheckException {
    try {
      if (job.repairs()) {
        CacheCheck.checkPrivate(place, job);
      }
      return new IdleCache(CacheDirectory.openExisting(place), new Clock(ticks, wall));
    } catch (CacheDirectoryException e) {
      boolean locked = e.kind() == CacheDirectoryException.Kind.LOCKED;
      throw new CheckException(String.valueOf(e.getMessage()), locked, e.pid(), e);
    }
  }

  /** Looks through everything, and repairs it if the job says so. */
  public void check(CheckJob job) throws CheckException {
    try {
      checkOrFail(job);
    } catch (StoreException e) {
      throw new CheckException("the cache cannot be checked: " + e.getMessage(), e);
    }
  }

  private void checkOrFail(CheckJob job) throws StoreException {
    // Also where the index is of no use.
    JournalCheck.idle(directory).run(job);
    Path place = directory.index();
    String damage = IndexOpener.damageOf(place);
    if (damage != null) {
      job.found(Kind.INDEX, null, "the index is " + damage, job.repairs());
      if (!job.repairs()) {
        job.finish();
        return;
      }
      // Else it would be believed to be right.
      IndexOpener.distrustEnd(place);
    }
    OpenedIndex opened = damage == null ? openExisting() : openOrRebuild();
    if (opened == null) {
      if (!isNew(job)) {
        job.found(Kind.INDEX, null, "the index is missing or cannot be read", job.repairs());
      }
      if (!job.repairs()) {
        job.finish();
        return;
      }
      opened = openOrRebuild();
    }
    try (LmdbIndex index = opened.index();
        ShardedBlobStore blobs =
            ShardedBlobStore.open(
                new LinuxFileCalls(), directory.blobs(), ShardedBlobStore.DEFAULT_OPEN_LIMIT);
        DataCache data =
            new DataCache(
                index,
                blobs,
                NO_ACCOUNT,
                DataSettings.DEFAULT.withMemoryBytes(0),
                clock.wall(),
                clock.ticks(),
                NOBODY)) {
      CheckedParts parts =
          new CheckedParts(
              directory,
              index,
              index.audit(),
              blobs,
              data,
              JournalCheck.NOTHING,
              true,
              (contents, bytes, pinned) -> {});
      new CacheCheck(parts).runOrFail(job);
    } finally {
      if (job.report().left() > 0 || job.isCancelled()) {
        // Whoever uses it next is to look for itself.
        IndexOpener.distrustEnd(place);
      }
    }
  }

  /** Returns whether nothing was ever kept here. */
  private boolean isNew(CheckJob job) throws StoreException {
    long[] blobs = {0};
    try (ShardedBlobStore store =
        ShardedBlobStore.open(new LinuxFileCalls(), directory.blobs(), 1)) {
      store.visit((id, size, allocated) -> blobs[0]++);
    }
    return blobs[0] == 0 && job.noted().isEmpty();
  }

  private @Nullable OpenedIndex openExisting() throws StoreException {
    return IndexOpener.openExisting(
        directory.index(), IndexOpener.DEFAULT_MAP_BYTES, clock.wall(), clock.ticks());
  }

  private OpenedIndex openOrRebuild() throws StoreException {
    return IndexOpener.open(
        directory.index(), IndexOpener.DEFAULT_MAP_BYTES, clock.wall(), clock.ticks());
  }

  @Override
  public void close() throws IOException {
    directory.close();
  }
}
