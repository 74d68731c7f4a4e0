package io.cachefs.cache.data;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.cache.data.block.BlockMap;
import io.cachefs.cache.data.block.Blocks;
import io.cachefs.cache.data.block.GroupState;
import io.cachefs.cache.data.fetch.BufferPool;
import io.cachefs.store.Blob;
import io.cachefs.store.BlockGroup;
import io.cachefs.store.StoreException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** The blob of one content and what is known of its blocks. Thread-safe. */
final class BlockFile {
  /** Larger reads are as fast from the page cache, and would only drive other blocks out. */
  private static final int MAX_PROMOTED_READ = 32 * 1024;

  // Given at construction, never changes.
  private final Parts parts;
  private final long id;
  private final long size;
  private final Verification verify;
  private final Watcher watcher;
  private final Object opening = new Object();

  // State.
  private volatile BlockMap map;
  private volatile @Nullable Blob blob;

  /** Whether a blob may lie there from an earlier life. */
  @GuardedBy("opening")
  private boolean stored;

  /** Space reserved for this blob, and whether it is counted as a content. */
  private final AtomicLong charged;

  private final AtomicBoolean counted;

  private final PinShare pin;

  /**
   * A file whose blob is opened when it is needed.
   *
   * @param stored whether there is one
   * @param charged what is reserved for it; only this changes it
   * @param pin what of that is taken from the quota of pins
   */
  BlockFile(
      Parts parts,
      long id,
      long size,
      boolean stored,
      AtomicLong charged,
      PinShare pin,
      Watcher watcher) {
    this.parts = parts;
    this.id = id;
    this.size = size;
    this.verify = parts.settings.verify();
    this.watcher = watcher;
    this.stored = stored;
    this.charged = charged;
    this.pin = pin;
    this.counted = new AtomicBoolean(stored);
    this.map = stored ? BlockMap.stored(parts.index, id, size) : BlockMap.empty(id, size);
  }

  /** Is told what got lost. */
  interface Watcher {
    /** The blob is not there, so no block is; told before anything of it is read. */
    void blobLost();

    /** A confirmed block is not there any more. */
    void blockLost(long block);
  }

  BlockMap map() {
    return map;
  }

  long chargedBytes() {
    return charged.get();
  }

  // --- Reading ---

  /**
   * Reads what is present from {@code offset} on, not necessarily all that is wanted; 0 if the
   * first block is missing or damaged, which makes it missing. Moves the position of {@code
   * target}.
   *
   * @param askedBytes the length of the whole request
   */
  int read(long offset, int wanted, ByteBuffer target, int askedBytes) throws StoreException {
    long block = Blocks.indexOf(offset);
    GroupState group = map.groupOf(block);
    int inGroup = Blocks.inGroup(block);
    if (!group.isPresent(inGroup)) {
      return 0;
    }
    int period = parts.period();
    boolean trusted =
        verify == Verification.NONE
            || (verify != Verification.FULL && group.isChecked(inGroup, period));
    boolean promoted =
        askedBytes <= MAX_PROMOTED_READ && parts.memory.isUsed() && group.touch(inGroup);
    int count;
    if (trusted && target.isDirect() && !promoted) {
      count = readRun(offset, wanted, target, group, period);
    } else {
      count = readBlock(offset, wanted, target, group, trusted, promoted);
    }
    if (count > 0) {
      parts.counters.diskHits.increment();
      parts.counters.diskHitBytes.add(count);
    }
    return count;
  }

  /** Reads adjacent blocks that need no look at them by one call. */
  private int readRun(long offset, int wanted, ByteBuffer target, GroupState group, int period)
      throws StoreException {
    Blob file = blobToRead();
    if (file == null) {
      return 0;
    }
    long block = Blocks.indexOf(offset);
    int inGroup = Blocks.inGroup(block);
    long end = offset + wanted;
    int blocks = (int) Math.min(BlockGroup.BLOCKS - inGroup, Blocks.count(end) - block);
    int run = 1;
    if (blocks > 1) {
      run =
          verify == Verification.NONE
              ? group.presentRun(inGroup, inGroup + blocks)
              : group.checkedRun(inGroup, inGroup + blocks, period);
      if (run == 0) {
        return 0;
      }
    }
    int length = (int) Math.min(wanted, Blocks.offsetOf(block + run) - offset);
    int limit = target.limit();
    int start = target.position();
    target.limit(start + length);
    int count;
    try {
      count = file.read(offset, target);
    } finally {
      target.limit(limit);
    }
    if (count < length) {
      damaged(Blocks.indexOf(offset + count));
    }
    return count;
  }

  /** Reads from one block, all of which is looked at. */
  private int readBlock(
      long offset,
      int wanted,
      ByteBuffer target,
      GroupState group,
      boolean trusted,
      boolean promoted)
      throws StoreException {
    long block = Blocks.indexOf(offset);
    int from = (int) (offset - Blocks.offsetOf(block));
    int length = Blocks.length(block, size);
    int count = Math.min(wanted, length - from);
    if (count == length && target.isDirect() && !promoted) {
      int start = target.position();
      int limit = target.limit();
      boolean right;
      try {
        right = load(block, target.limit(start + length), group, trusted);
      } finally {
        target.limit(limit);
      }
      target.position(right ? start + length : start);
      return right ? length : 0;
    }
    ByteBuffer pooled = parts.buffers.take(BufferPool.SMALL);
    ByteBuffer whole = pooled == null ? ByteBuffer.allocateDirect(BufferPool.SMALL) : pooled;
    try {
      if (!load(block, whole.clear().limit(length), group, trusted)) {
        return 0;
      }
      target.put(target.position(), whole, from, count);
      target.position(target.position() + count);
      if (promoted) {
        parts.memory.put(id, block, whole, 0, length);
      }
      return count;
    } finally {
      if (pooled != null) {
        parts.buffers.give(pooled);
      }
    }
  }

  /** Reads a whole block into what remains of {@code buffer}, and checks it unless trusted. */
  private boolean load(long block, ByteBuffer buffer, GroupState group, boolean trusted)
      throws StoreException {
    Blob file = blobToRead();
    Integer expected = group.checksum(Blocks.inGroup(block));
    if (file == null || expected == null) {
      return false;
    }
    int start = buffer.position();
    int length = buffer.remaining();
    int count = file.read(Blocks.offsetOf(block), buffer);
    if (count == length && trusted) {
      return true;
    }
    return compare(block, buffer.position(start), count == length, group, expected);
  }

  /** Compares what remains of {@code bytes} with the checksum of a block. */
  private boolean compare(
      long block, ByteBuffer bytes, boolean isWhole, GroupState group, int expected) {
    int length = bytes.remaining();
    if (isWhole && checksum(bytes) == expected) {
      group.check(Blocks.inGroup(block), expected, parts.period());
      parts.counters.verifiedBytes.add(length);
      return true;
    }
    damaged(block);
    return false;
  }

  private static int checksum(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }

  private void damaged(long block) {
    parts.counters.damaged.increment();
    drop(block);
  }

  /** Makes a block missing. */
  private void drop(long block) {
    if (map.groupOf(block).remove(Blocks.inGroup(block))) {
      watcher.blockLost(block);
    }
    parts.memory.remove(id, block);
  }

  /**
   * Checks the blocks from {@code first} on, up to {@code last}, that are not checked yet; returns
   * whether all of these are present and right now.
   */
  boolean verify(long first, long last) throws StoreException {
    return verify(first, last, false);
  }

  /** Checks blocks whether or not they were checked before. */
  boolean scrub(long first, long last) throws StoreException {
    return verify(first, last, true);
  }

  private boolean verify(long first, long last, boolean again) throws StoreException {
    Blob file = blobToRead();
    ByteBuffer buffer = file == null ? null : parts.buffers.take(BufferPool.MIDDLE);
    if (file == null || buffer == null) {
      return false;
    }
    try {
      boolean right = true;
      int atOnce = buffer.capacity() / BlockGroup.BLOCK_SIZE;
      for (long block = first; block <= last; block += atOnce) {
        long end = Math.min(last, block + atOnce - 1);
        if (again || !isChecked(block, end)) {
          right &= verify(file, buffer, block, end);
        }
      }
      return right;
    } finally {
      parts.buffers.give(buffer);
    }
  }

  private boolean verify(Blob file, ByteBuffer buffer, long first, long last)
      throws StoreException {
    buffer.clear().limit(Blocks.length(first, last, size));
    int count = file.read(Blocks.offsetOf(first), buffer);
    boolean right = true;
    for (long block = first; block <= last; block++) {
      GroupState group = map.groupOf(block);
      Integer expected = group.checksum(Blocks.inGroup(block));
      if (expected == null) {
        right = false;
        continue;
      }
      int from = (int) Blocks.offsetOf(block - first);
      int length = Blocks.length(block, size);
      boolean isWhole = from + length <= count;
      buffer.limit(from + length).position(from);
      right &= compare(block, buffer, isWhole, group, expected);
    }
    return right;
  }

  private boolean isChecked(long first, long last) {
    int period = parts.period();
    for (long block = first; block <= last; block++) {
      GroupState group = map.groupOf(block);
      if (!group.isPresent(Blocks.inGroup(block))
          || !group.isChecked(Blocks.inGroup(block), period)) {
        return false;
      }
    }
    return true;
  }

  // --- Writing ---

  /**
   * Writes whole blocks from {@code first} on, all of {@code data}, if there is room and the disk
   * takes them. They are not present by that.
   */
  boolean write(long first, long last, ByteBuffer data) {
    if (!parts.mayWrite() || !findBlob()) {
      return false;
    }
    long bytes = 0;
    for (long block = first; block <= last; block++) {
      if (!map.groupOf(block).isCharged(Blocks.inGroup(block))) {
        bytes += Blocks.charge(Blocks.length(block, size));
      }
    }
    // From here on the space counts as taken, also if only a part is written.
    if (!count() || !charge(bytes)) {
      return false;
    }
    try {
      Blob file = blobToWrite();
      for (long block = first; block <= last; block++) {
        map.groupOf(block).charge(Blocks.inGroup(block));
      }
      file.write(Blocks.offsetOf(first), data);
      parts.diskWorks();
      return true;
    } catch (StoreException e) {
      parts.diskFailed(e);
      return false;
    }
  }

  /** Finds out whether there is a blob, as what is charged depends on it. */
  boolean findBlob() {
    try {
      Blob ignored = blobToRead();
      return true;
    } catch (StoreException e) {
      parts.diskFailed(e);
      return false;
    }
  }

  /** Takes more space for this blob, or returns false. */
  boolean charge(long bytes) {
    if (bytes > 0 && !parts.space.tryReserve(bytes, 0)) {
      return false;
    }
    charged.addAndGet(bytes);
    pin.follow(charged);
    return true;
  }

  /** Makes this a content that counts, or returns false if there may be no more of them. */
  private boolean count() {
    if (counted.get()) {
      return true;
    }
    if (!parts.space.tryReserve(0, 1)) {
      return false;
    }
    if (counted.getAndSet(true)) {
      parts.space.release(0, 1);
    }
    return true;
  }

  /** Gives back all that was reserved. */
  void releaseSpace() {
    pin.end();
    parts.space.release(charged.getAndSet(0), counted.getAndSet(false) ? 1 : 0);
  }

  /** Makes blocks that were written present. */
  void add(long first, long last, int[] checksums) {
    int period = parts.period();
    for (long block = first; block <= last; block++) {
      int checksum = checksums[(int) (block - first)];
      GroupState group = map.groupOf(block);
      group.put(Blocks.inGroup(block), checksum);
      if (verify != Verification.FETCH) {
        group.check(Blocks.inGroup(block), checksum, period);
      }
    }
  }

  // --- The blob ---

  /** Returns the blob, or null if there is none: then no block is present any more. */
  @Nullable Blob blobToRead() throws StoreException {
    Blob open = blob;
    return open == null ? open(false) : open;
  }

  private Blob blobToWrite() throws StoreException {
    Blob open = blob;
    if (open == null) {
      open = open(true);
      if (open == null) {
        throw new StoreException("blob " + Long.toHexString(id) + " was not made");
      }
    }
    return open;
  }

  private @Nullable Blob open(boolean creates) throws StoreException {
    synchronized (opening) {
      Blob open = blob;
      if (open != null) {
        return open;
      }
      if (stored) {
        open = parts.blobs.find(id);
        if (open == null) {
          stored = false;
          map = BlockMap.empty(id, size);
          parts.counters.damaged.increment();
          parts.space.release(charged.getAndSet(0), 0);
          pin.follow(charged);
          watcher.blobLost();
        } else {
          chargeUnrecorded(open);
        }
      }
      if (open == null && creates) {
        open = parts.blobs.create(id, size);
        stored = true;
      }
      blob = open;
      return open;
    }
  }

  /** A crash may have lost the last record of what was written. */
  private void chargeUnrecorded(Blob open) throws StoreException {
    long unrecorded = open.allocatedBytes() - charged.get();
    if (unrecorded > 0) {
      parts.space.charge(unrecorded);
      charged.addAndGet(unrecorded);
      pin.follow(charged);
    }
  }

  /** Closes the blob; nothing uses it any more. */
  void close() {
    synchronized (opening) {
      Blob open = blob;
      blob = null;
      if (open != null) {
        open.close();
      }
    }
  }
}
