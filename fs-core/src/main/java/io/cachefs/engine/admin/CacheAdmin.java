package io.cachefs.engine.admin;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Mode;
import io.cachefs.base.OpenFlags;
import io.cachefs.cache.files.Administration;
import io.cachefs.engine.admin.Explanation.Place;
import io.cachefs.source.Found;
import io.cachefs.source.Source;
import io.cachefs.source.SourceFile;
import io.cachefs.store.ContentRecord;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** Does what users ask of a running cache by path. Thread-safe. */
public final class CacheAdmin {
  private static final int READ_BYTES = 1 << 20;

  /** For what only touches the index. */
  private static final int FEW_THREADS = 4;

  private final Source source;
  private final Administration files;
  private final LongSupplier freeBytes;

  /**
   * Works on what {@code source} caches.
   *
   * @param freeBytes how much may still be cached without evicting anything
   */
  public CacheAdmin(Source source, Administration files, LongSupplier freeBytes) {
    this.source = source;
    this.files = files;
    this.freeBytes = freeBytes;
  }

  /** Fetches what is not cached yet. */
  public void warm(Selection selection, WarmOptions options, Job job) {
    AtomicLong budget = new AtomicLong(options.maxBytes());
    ThreadLocal<ByteBuffer> buffers =
        ThreadLocal.withInitial(() -> ByteBuffer.allocateDirect(READ_BYTES));
    new TreeWork(
            source,
            selection,
            job,
            (found, path) -> {
              if (options.pin()) {
                files.pin(found.node());
              }
              warm(found, options, job, budget, buffers);
            })
        .run(options.threads());
  }

  private void warm(
      Found found, WarmOptions options, Job job, AtomicLong budget, ThreadLocal<ByteBuffer> buffers)
      throws FsException {
    if (found.attributes().isDirectory()) {
      return;
    }
    if (Mode.isSymlink(found.attributes().mode())) {
      var ignored = source.readlink(found.node());
      assert ignored != null;
      job.fileDone(0);
      return;
    }
    if (options.metadataOnly() || !found.attributes().isRegular()) {
      job.fileDone(0);
      return;
    }
    long size = found.attributes().size();
    boolean fits =
        options.reserveBytes() == 0 || freeBytes.getAsLong() - size >= options.reserveBytes();
    boolean isCacheable = files.whyNot(found.node(), found.attributes()).isEmpty();
    if (!fits || !isCacheable || budget.getAndAdd(-size) < size) {
      job.skipped();
      return;
    }
    long read = readAll(found, job, buffers.get());
    if (options.pin() && size > 0 && !job.isCancelled()) {
      files.requirePinned(found.node());
    }
    job.fileDone(read);
  }

  private long readAll(Found found, Job job, ByteBuffer buffer) throws FsException {
    long at = 0;
    try (SourceFile file = source.open(found.node(), OpenFlags.READ_ONLY).file()) {
      while (!job.isCancelled()) {
        buffer.clear();
        int count = file.read(at, buffer);
        if (count <= 0) {
          break;
        }
        at += count;
      }
    }
    return at;
  }

  /** Pins what is selected, and fetches it. */
  public void pin(Selection selection, int threads, Job job) {
    warm(selection, new WarmOptions(threads, false, true, Long.MAX_VALUE, 0), job);
  }

  /** Lets what is selected be evicted again. */
  public void unpin(Selection selection, Job job) {
    new TreeWork(
            source,
            selection,
            job,
            (found, path) -> {
              if (files.unpin(found.node()) && !found.attributes().isDirectory()) {
                job.fileDone(0);
              }
            })
        .run(FEW_THREADS);
  }

  /** Removes the content kept of what is selected; pinned files stay. */
  public void evict(Selection selection, Job job) {
    new TreeWork(
            source,
            selection,
            job,
            (found, path) -> {
              if (!found.attributes().isRegular()) {
                return;
              }
              if (files.isPinned(found.node())) {
                job.skipped();
                return;
              }
              long freed = files.evict(found.node());
              if (freed == -1) {
                throw new FsException(Errno.EBUSY);
              }
              if (freed >= 0) {
                job.fileDone(freed);
              }
            })
        .run(FEW_THREADS);
  }

  /** Forgets what is kept of what is selected, and asks the source again at the next use. */
  public void invalidate(Selection selection, Job job) {
    new TreeWork(
            source,
            selection,
            job,
            (found, path) -> {
              files.invalidate(found.node());
              if (!found.attributes().isDirectory()) {
                job.fileDone(0);
              }
            })
        .run(FEW_THREADS);
  }

  /** Returns what is known of each path; those that cannot be found are failures of the job. */
  public List<Explanation> explain(Selection selection, Job job) {
    List<Explanation> explained = new ArrayList<>();
    new TreeWork(
            source,
            selection,
            job,
            (found, path) -> {
              explained.add(explained(path, files.state(found.node(), found.attributes())));
              job.fileDone(0);
            })
        .run(1);
    return explained;
  }

  private static Explanation explained(String path, Administration.State state) {
    ContentRecord content = state.content();
    int flags = content == null ? 0 : content.flags();
    Place place = (flags & ContentRecord.INLINE) != 0 ? Place.INDEX : Place.BLOB;
    return new Explanation(
        path,
        state.attributes(),
        state.checkedAtMillis(),
        state.lifetimeNanos(),
        state.watched(),
        state.pinned(),
        state.openForWriting(),
        content == null ? Place.NOWHERE : place,
        (flags & ContentRecord.COMPLETE) != 0,
        content == null ? 0 : content.storedBytes(),
        content == null ? 0 : content.fetchedAtMillis(),
        content == null ? 0 : content.usedAtMillis(),
        state.ranges(),
        state.whyNot(),
        state.mode());
  }
}
