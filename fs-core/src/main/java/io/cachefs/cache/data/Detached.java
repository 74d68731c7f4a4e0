package io.cachefs.cache.data;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.ByteRange;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.cache.data.block.BlockMap;
import io.cachefs.cache.data.block.Blocks;
import io.cachefs.cache.data.fetch.BufferPool;
import io.cachefs.store.Blob;
import io.cachefs.store.BlockGroup;
import io.cachefs.store.StoreException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * A blob that kernels read by themselves while a writer changes it, with the checksum of each block
 * as the source has it. What a kernel wrote through a mapping is found by comparing.
 *
 * <p>Thread-safe; its lock is held across calls on the blob, as each is a look and a change.
 */
final class Detached {
  // Given at construction, never changes.
  private final Parts parts;
  private final Blob blob;
  private final BlockFile charges;

  // State.
  @GuardedBy("this")
  private long size;

  /** Of each block, as the source has it. */
  @GuardedBy("this")
  private int[] checksums;

  /** Of each block, when {@link #changed} looked last. */
  @GuardedBy("this")
  private int[] seen;

  /** Blocks that had bytes the source does not have when something else was written to them. */
  @GuardedBy("this")
  private final BitSet mixed = new BitSet();

  Detached(Parts parts, Blob blob, long size, BlockFile charges) {
    this.parts = parts;
    this.blob = blob;
    this.charges = charges;
    BlockMap map = charges.map();
    int count = Math.toIntExact(Blocks.count(size));
    int[] known = new int[count];
    for (int block = 0; block < count; block++) {
      Integer checksum = map.groupOf(block).checksum(Blocks.inGroup(block));
      // A block that is missing differs from whatever the blob has, and so is written as it is.
      known[block] = checksum == null ? 0 : checksum;
    }
    synchronized (this) {
      this.size = size;
      this.checksums = known;
      this.seen = known.clone();
    }
  }

  synchronized int read(long offset, ByteBuffer target) throws FsException {
    try {
      return blob.read(offset, target);
    } catch (StoreException e) {
      throw failed(e);
    }
  }

  synchronized void write(long offset, ByteBuffer data) throws FsException {
    if (!data.hasRemaining()) {
      return;
    }
    long end = offset + data.remaining();
    try {
      if (end > size) {
        growLocked(end);
      }
      long first = Blocks.indexOf(offset);
      long last = Blocks.indexOf(end - 1);
      noteMixedLocked(first);
      noteMixedLocked(last);
      blob.write(offset, data);
      for (long block = first; block <= last; block++) {
        checksums[(int) block] = checksumLocked(block);
      }
    } catch (StoreException e) {
      throw failed(e);
    }
  }

  synchronized void truncate(long newSize) throws FsException {
    try {
      if (newSize > size) {
        growLocked(newSize);
        return;
      }
      int count = Math.toIntExact(Blocks.count(newSize));
      boolean isCut = newSize % BlockGroup.BLOCK_SIZE != 0;
      if (isCut) {
        noteMixedLocked(count - 1L);
      }
      blob.truncate(newSize);
      size = newSize;
      resizeLocked(count);
      if (isCut) {
        checksums[count - 1] = checksumLocked(count - 1L);
      }
    } catch (StoreException e) {
      throw failed(e);
    }
  }

  /** Makes the blob longer; what is new reads as zeros, as it does at the source. */
  @GuardedBy("this")
  private void growLocked(long newSize) throws StoreException, FsException {
    int before = checksums.length;
    if (!charges.charge(Blocks.charge(newSize) - Blocks.charge(size))) {
      throw new FsException(Errno.ENOSPC, "the cache has no room beside its readers");
    }
    if (before > 0) {
      noteMixedLocked(before - 1L);
    }
    blob.truncate(newSize);
    size = newSize;
    resizeLocked(Math.toIntExact(Blocks.count(newSize)));
    for (int block = Math.max(0, before - 1); block < checksums.length; block++) {
      checksums[block] = checksumLocked(block);
    }
  }

  @GuardedBy("this")
  private void resizeLocked(int count) {
    checksums = Arrays.copyOf(checksums, count);
    seen = Arrays.copyOf(seen, count);
    mixed.clear(count, Math.max(count, mixed.length()));
  }

  /** Keeps in mind that a block has bytes which the source lacks, before they cannot be told. */
  @GuardedBy("this")
  private void noteMixedLocked(long block) throws StoreException {
    if (checksumLocked(block) != checksums[(int) block]) {
      mixed.set((int) block);
    }
  }

  /** Returns the ranges that differ from the source. */
  synchronized List<ByteRange> changed() throws FsException {
    List<ByteRange> ranges = new ArrayList<>();
    long start = -1;
    try {
      for (int block = 0; block < checksums.length; block++) {
        seen[block] = checksumLocked(block);
        boolean differs = mixed.get(block) || seen[block] != checksums[block];
        if (differs && start < 0) {
          start = block;
        } else if (!differs && start >= 0) {
          ranges.add(rangeLocked(start, block - 1L));
          start = -1;
        }
      }
    } catch (StoreException e) {
      throw failed(e);
    }
    if (start >= 0) {
      ranges.add(rangeLocked(start, checksums.length - 1L));
    }
    return ranges;
  }

  @GuardedBy("this")
  private ByteRange rangeLocked(long first, long last) {
    return new ByteRange(Blocks.offsetOf(first), Blocks.length(first, last, size));
  }

  /** The source has these blocks as they were seen, or newer: newer ones will differ again. */
  synchronized void accept(ByteRange range) {
    long last = Math.min(Blocks.count(range.end()), checksums.length) - 1;
    for (long block = Blocks.indexOf(range.offset()); block <= last; block++) {
      checksums[(int) block] = seen[(int) block];
      mixed.clear((int) block);
    }
  }

  @GuardedBy("this")
  private int checksumLocked(long block) throws StoreException {
    ByteBuffer pooled = parts.buffers.take(BufferPool.SMALL);
    ByteBuffer buffer = pooled == null ? ByteBuffer.allocateDirect(BufferPool.SMALL) : pooled;
    try {
      buffer.clear().limit(Blocks.length(block, size));
      int unused = blob.read(Blocks.offsetOf(block), buffer);
      CRC32C crc = new CRC32C();
      crc.update(buffer.flip());
      return (int) crc.getValue();
    } finally {
      if (pooled != null) {
        parts.buffers.give(pooled);
      }
    }
  }

  private FsException failed(StoreException e) {
    parts.diskFailed(e);
    return new FsException(Errno.EIO, "the blob beside its readers failed", e);
  }
}
