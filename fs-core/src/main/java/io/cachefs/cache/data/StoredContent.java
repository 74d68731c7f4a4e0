package io.cachefs.cache.data;

import io.cachefs.base.ByteRange;
import io.cachefs.base.Errno;
import io.cachefs.base.FileKey;
import io.cachefs.base.FsException;
import io.cachefs.base.Passthrough;
import io.cachefs.base.Version;
import io.cachefs.cache.data.block.Blocks;
import io.cachefs.store.Blob;
import io.cachefs.store.BlockGroup;
import io.cachefs.store.ContentRecord;
import io.cachefs.store.StoreException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A content that lies in a blob.
 *
 * <p>Each block is looked for in memory, in the blob, and in fetches that are on their way, in this
 * order. If the content dies meanwhile, all that was copied is read again from the origin, so that
 * one read never gives bytes of two versions.
 */
final class StoredContent extends ActiveContent implements BlockFile.Watcher {
  // Given at construction, never changes.
  private final DataCache cache;
  private final long size;
  private final AtomicLong charged;
  private final PinShare pin;
  private final BlockFile blocks;
  private final Kept kept;
  private final Fetcher fetcher;
  private final KernelAccess kernel;

  // State.
  private volatile @Nullable Detached detached;

  StoredContent(
      DataCache cache,
      Parts parts,
      long id,
      FileKey file,
      Version version,
      @Nullable ContentRecord record,
      boolean pinned) {
    super(parts, id, file, version, cache::endUse);
    this.cache = cache;
    this.size = version.size();
    this.charged = new AtomicLong(record == null ? 0 : record.storedBytes());
    this.pin = new PinShare(parts.space, record);
    this.kept = new Kept(parts, this, record, pin);
    this.blocks = new BlockFile(parts, id, size, record != null, charged, pin, this);
    this.fetcher = new Fetcher(parts, this, blocks, kept);
    this.kernel = new KernelAccess(cache, parts, this, blocks, kept);
    if (pinned != pin.isPinned()) {
      setPinned(pinned);
    }
  }

  // --- Reading ---

  @Override
  public int read(long offset, ByteBuffer target, Origin origin, @Nullable ReadAhead ahead)
      throws FsException {
    if (isDead()) {
      return bypass(offset, target, origin);
    }
    if (offset >= size || !target.hasRemaining()) {
      return 0;
    }
    int start = target.position();
    int wanted = (int) Math.min(target.remaining(), size - offset);
    int reach = wanted;
    if (ahead != null && !kept.isComplete()) {
      reach = ahead.noteRead(this, origin, offset, wanted);
    }
    int done = 0;
    try {
      while (done < wanted && !isDead()) {
        int count = readSome(offset + done, wanted - done, target, wanted, origin, reach);
        if (count == Fetcher.GONE) {
          break;
        }
        done += count;
      }
    } catch (FsException e) {
      target.position(start);
      throw e;
    }
    if (isDead()) {
      target.position(start);
      return bypass(offset, target, origin);
    }
    return done;
  }

  /** Reads at least a part of what is wanted, or returns 0 if it has to be tried again. */
  private int readSome(
      long offset, int wanted, ByteBuffer target, int asked, Origin origin, int reach)
      throws FsException {
    long block = Blocks.indexOf(offset);
    int from = (int) (offset - Blocks.offsetOf(block));
    int inBlock = Math.min(wanted, BlockGroup.BLOCK_SIZE - from);
    if (parts.memory.read(id(), block, from, target, inBlock)) {
      return inBlock;
    }
    try {
      int count = blocks.read(offset, wanted, target, asked);
      if (count > 0) {
        return count;
      }
    } catch (StoreException e) {
      parts.diskFailed(e);
      return fetcher.readPast(offset, wanted, target, origin);
    }
    return fetcher.read(offset, wanted, target, origin, reach);
  }

  void fetchAhead(long first, long last, Origin origin) throws FsException {
    fetcher.fetch(first, last, origin);
  }

  boolean isPresentAt(long offset) {
    return blocks.map().isPresent(Blocks.indexOf(offset));
  }

  @Override
  public boolean isComplete() {
    return kept.isComplete() && !isDead();
  }

  @Override
  public @Nullable Passthrough passthrough() {
    return kernel.passthrough();
  }

  @Override
  public List<ByteRange> ranges() {
    return isDead() ? List.of() : fetcher.ranges();
  }

  @Override
  public void fill(Origin origin) throws FsException {
    if (kept.isComplete() && blocks.findBlob() && kept.isComplete()) {
      return;
    }
    fetcher.fill(origin);
    if (!kept.isComplete()) {
      kept.recount(blocks.map());
      fetcher.tellIndex(true);
    }
    if (isDead()) {
      throw new FsException(Errno.ESTALE, "the file changed while it was fetched");
    }
    if (!kept.isComplete()) {
      throw new FsException(Errno.ENOSPC, "the cache has no room for the file");
    }
  }

  @Override
  public void confirm(Origin origin) {
    fetcher.finish(origin);
  }

  /** Checks blocks again; returns whether all of them are there and right. */
  boolean scrub(long first, long last) throws StoreException {
    return blocks.scrub(first, last);
  }

  @Override
  public boolean isPinned() {
    return pin.isPinned();
  }

  @Override
  final boolean setPinned(boolean wanted) {
    return kept.setPinned(wanted, charged);
  }

  // --- What got lost ---

  @Override
  public void blobLost() {
    kept.allLost();
  }

  @Override
  public void blockLost(long block) {
    kept.lost(block);
  }

  // --- The end ---

  @Override
  boolean publish(boolean all) {
    return kept.publish(blocks.map(), blocks::chargedBytes, all);
  }

  @Override
  void restamp(Version version) {
    setVersion(version);
    kept.restamp(blocks::chargedBytes);
  }

  @Override
  boolean kill() {
    return kept.kill();
  }

  @Override
  boolean discard() {
    return cache.discard(this);
  }

  @Override
  void dispose() {
    boolean isKept = !isDead() && kept.isRecorded();
    blocks.close();
    if (!isKept) {
      parts.blobs.remove(id());
      blocks.releaseSpace();
    }
  }

  // --- Detached ---

  @Override
  public synchronized void detach() throws FsException {
    if (detached != null) {
      return;
    }
    try {
      Blob blob = blocks.blobToRead();
      if (blob != null) {
        // While the index still has what is not in memory yet.
        detached = new Detached(parts, blob, size, blocks);
      }
    } catch (StoreException e) {
      throw new FsException(Errno.EIO, "the blob cannot be read", e);
    } finally {
      discard();
    }
  }

  @Override
  public void writeDetached(long offset, ByteBuffer data) throws FsException {
    detached().write(offset, data);
  }

  @Override
  public void truncateDetached(long newSize) throws FsException {
    detached().truncate(newSize);
  }

  @Override
  public int readDetached(long offset, ByteBuffer target) throws FsException {
    return detached().read(offset, target);
  }

  @Override
  public List<ByteRange> changedUnderneath() throws FsException {
    return detached().changed();
  }

  @Override
  public void acceptChange(ByteRange range) {
    Detached open = detached;
    if (open != null) {
      open.accept(range);
    }
  }

  private Detached detached() throws FsException {
    Detached open = detached;
    if (open == null) {
      throw new FsException(Errno.EBADF, "this content is not detached");
    }
    return open;
  }

  void checkInvariants() {
    if (!isDead()) {
      kept.checkInvariants(blocks.map());
    }
  }
}
