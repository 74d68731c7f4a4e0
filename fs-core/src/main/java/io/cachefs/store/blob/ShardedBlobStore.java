package io.cachefs.store.blob;

import io.cachefs.base.Attributes;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.OpenFlags;
import io.cachefs.base.StatFs;
import io.cachefs.store.Blob;
import io.cachefs.store.BlobStore;
import io.cachefs.store.StoreException;
import io.cachefs.sys.Descriptor;
import io.cachefs.sys.FileCalls;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Blobs as files in 256 directories. Files are opened relative to the descriptor of their
 * directory, so no path can be redirected. Thread-safe.
 *
 * <p>A blob is made under its final name, empty. A crash then leaves an empty blob that nothing
 * refers to: a record follows only when its first bytes are written, and an id is not used again.
 * So there is nothing to be written aside and renamed.
 *
 * <p>Descriptors: 257 directories, those in use, and at most {@code openLimit} others. Nothing here
 * may be called by a thread that acts for a user, see {@link FileCalls#actFor}: files would be made
 * in the user's name.
 */
public final class ShardedBlobStore implements BlobStore {
  /** Enough that files in use are seldom opened again, and far from the usual limits. */
  public static final int DEFAULT_OPEN_LIMIT = 256;

  private static final int PRIVATE = 0600;
  private static final int OPEN_FILE = OpenFlags.READ_WRITE | OpenFlags.NOFOLLOW;
  private static final int MAKE_FILE = OPEN_FILE | OpenFlags.CREATE | OpenFlags.EXCLUSIVE;

  private final FileCalls calls;
  private final Shards shards;
  private final OpenBlobs kept;
  private final AtomicLong failedRemovals = new AtomicLong();

  private ShardedBlobStore(FileCalls calls, Shards shards, int openLimit) {
    this.calls = calls;
    this.shards = shards;
    this.kept = new OpenBlobs(openLimit);
  }

  /** Opens the store in a directory, and makes the directories that are not there yet. */
  public static ShardedBlobStore open(FileCalls calls, Path directory, int openLimit)
      throws StoreException {
    try {
      return new ShardedBlobStore(calls, Shards.open(calls, directory), openLimit);
    } catch (FsException e) {
      throw new StoreException("cannot open the blobs in " + directory, e);
    }
  }

  @Override
  public Blob create(long id, long size) throws StoreException {
    int shard = BlobNames.shardOf(id);
    byte[] name = BlobNames.nameOf(id);
    int stamp = kept.stamp(shard);
    try {
      Descriptor made = new Descriptor(calls, make(id, shard, name));
      try {
        if (size > 0) {
          calls.truncate(made.number(), size);
        }
      } catch (FsException e) {
        made.release();
        remove(id);
        throw e;
      }
      kept.keep(id, made, shard, stamp);
      return new FileBlob(calls, id, made);
    } catch (FsException e) {
      throw new StoreException("cannot make blob " + Long.toHexString(id), e);
    }
  }

  private int make(long id, int shard, byte[] name) throws FsException {
    int directory = shards.descriptor(shard);
    try {
      return calls.open(directory, name, MAKE_FILE, PRIVATE);
    } catch (FsException e) {
      if (e.errno() != Errno.EEXIST) {
        throw e;
      }
    }
    // Left behind by a crash before the id was noted as used.
    try {
      calls.unlink(directory, name, 0);
    } catch (FsException e) {
      // Somebody else may tidy up at the same time.
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
    }
    kept.removed(id, shard);
    return calls.open(directory, name, MAKE_FILE, PRIVATE);
  }

  @Override
  public @Nullable Blob find(long id) throws StoreException {
    Descriptor known = kept.use(id);
    if (known != null) {
      return new FileBlob(calls, id, known);
    }
    int shard = BlobNames.shardOf(id);
    int stamp = kept.stamp(shard);
    try {
      int number = calls.open(shards.descriptor(shard), BlobNames.nameOf(id), OPEN_FILE, 0);
      Descriptor opened = new Descriptor(calls, number);
      kept.keep(id, opened, shard, stamp);
      return new FileBlob(calls, id, opened);
    } catch (FsException e) {
      if (e.errno() == Errno.ENOENT) {
        return null;
      }
      throw new StoreException("cannot open blob " + Long.toHexString(id), e);
    }
  }

  @Override
  public @Nullable Stat stat(long id) throws StoreException {
    try {
      int directory = shards.descriptor(BlobNames.shardOf(id));
      Attributes of = calls.attributes(directory, BlobNames.nameOf(id), FileCalls.NO_FOLLOW);
      return new Stat(of.size(), of.blockCount() * FileBlob.SECTOR);
    } catch (FsException e) {
      if (e.errno() == Errno.ENOENT) {
        return null;
      }
      throw new StoreException("cannot look at blob " + Long.toHexString(id), e);
    }
  }

  /** Returns what lies among the blobs of a directory and is none. */
  public static List<Path> strangers(Path directory) throws StoreException {
    return Strangers.in(directory);
  }

  @Override
  public void remove(long id) {
    int shard = BlobNames.shardOf(id);
    try {
      calls.unlink(shards.descriptor(shard), BlobNames.nameOf(id), 0);
    } catch (FsException e) {
      if (e.errno() != Errno.ENOENT) {
        failedRemovals.incrementAndGet();
      }
    }
    kept.removed(id, shard);
  }

  /** Returns how many blobs could not be removed; they take space until the next check. */
  public long failedRemovals() {
    return failedRemovals.get();
  }

  /** Returns how many descriptors are kept though nobody may be using them. */
  int keptDescriptors() {
    return kept.size();
  }

  @Override
  public void visit(Visitor visitor) throws StoreException {
    ShardVisit visit = new ShardVisit(calls, visitor);
    try {
      for (int shard = 0; shard < BlobNames.SHARDS; shard++) {
        visit.visit(shards.descriptor(shard));
      }
    } catch (FsException e) {
      throw new StoreException("cannot list the blobs", e);
    }
  }

  @Override
  public Free free() throws StoreException {
    try {
      StatFs found = calls.statfs(shards.top());
      long unit = found.fragmentSize();
      return new Free(
          found.availableBlocks() * unit, found.freeFiles(), found.blocks() * unit, found.files());
    } catch (FsException e) {
      throw new StoreException("cannot ask for free space", e);
    }
  }

  @Override
  public void close() {
    kept.close();
    shards.close();
  }
}
