package io.cachefs.engine.check;

import static io.cachefs.store.BlockGroup.BLOCKS;
import static io.cachefs.store.BlockGroup.BLOCK_SIZE;

import io.cachefs.cache.data.block.Blocks;
import io.cachefs.engine.check.Finding.Kind;
import io.cachefs.store.Blob;
import io.cachefs.store.BlockGroup;
import io.cachefs.store.ContentRecord;
import io.cachefs.store.StoreException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** Compares the blocks of blobs with their checksums. Owned by one thread. */
final class BlockCheck {
  private static final int AT_ONCE = 64;

  private final CheckedParts parts;
  private final CheckJob job;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(AT_ONCE * BLOCK_SIZE);
  private final CRC32C checksum = new CRC32C();

  BlockCheck(CheckedParts parts, CheckJob job) {
    this.parts = parts;
    this.job = job;
  }

  /** Checks what is there of a group, and drops the blocks that are damaged. */
  void check(ContentRecord content, int group) throws StoreException {
    BlockGroup expected = parts.index().blocks(content.id(), group);
    if (expected == null || expected.count() == 0) {
      return;
    }
    try (Blob blob = parts.blobs().find(content.id())) {
      if (blob == null) {
        // Gone since it was looked for.
        return;
      }
      long firstBad = -1;
      long lastBad = -1;
      int bad = 0;
      for (int from = 0; from < BLOCKS && !job.isCancelled(); from += AT_ONCE) {
        for (int block = from; block < from + AT_ONCE; block++) {
          long number = (long) group * BLOCKS + block;
          if (block == from) {
            read(blob, content, number);
          }
          if (expected.isPresent(block)
              && !fits(content, number, block - from, expected.checksum(block))
              && isStillWrong(blob, content, group, block)) {
            firstBad = bad == 0 ? number : firstBad;
            lastBad = number;
            bad++;
            // The buffer has another block now.
            read(blob, content, (long) group * BLOCKS + from);
          }
        }
      }
      if (bad > 0) {
        found(content, firstBad, lastBad, bad);
      }
    }
  }

  /** Fills the buffer from a block on, as far as there is something. */
  private void read(Blob blob, ContentRecord content, long first) throws StoreException {
    long size = content.version().size();
    long left = Math.max(0, size - Blocks.offsetOf(first));
    buffer.clear().limit((int) Math.min(buffer.capacity(), left));
    int count = buffer.hasRemaining() ? blob.read(Blocks.offsetOf(first), buffer) : 0;
    buffer.clear().limit(count);
    job.compared(count);
  }

  /** Compares the block at a place of the buffer. */
  private boolean fits(ContentRecord content, long block, int place, int expected) {
    long size = content.version().size();
    if (Blocks.offsetOf(block) >= size) {
      return false;
    }
    int from = place * BLOCK_SIZE;
    int length = Blocks.length(block, size);
    if (from + length > buffer.limit()) {
      return false;
    }
    checksum.reset();
    checksum.update(buffer.duplicate().position(from).limit(from + length));
    return (int) checksum.getValue() == expected;
  }

  /** Looks once more, because the block may have been dropped or fetched again meanwhile. */
  private boolean isStillWrong(Blob blob, ContentRecord content, int group, int block)
      throws StoreException {
    BlockGroup now = parts.index().blocks(content.id(), group);
    if (now == null || !now.isPresent(block) || parts.index().content(content.id()) == null) {
      return false;
    }
    long number = (long) group * BLOCKS + block;
    read(blob, content, number);
    return !fits(content, number, 0, now.checksum(block));
  }

  private void found(ContentRecord content, long first, long last, int count)
      throws StoreException {
    boolean repaired = false;
    if (job.repairs()) {
      // Beyond the end there is nothing to compare, so such a content is given up as a whole.
      long end = Blocks.count(content.version().size()) - 1;
      if (last <= end) {
        parts.data().mend(content, first, last);
      } else {
        parts.data().drop(content.id());
      }
      repaired = true;
    }
    String what =
        (count == 1 ? "block " + first : count + " blocks from " + first + " to " + last)
            + " of blob "
            + Long.toHexString(content.id())
            + (count == 1 ? " does" : " do")
            + " not fit the checksum";
    job.found(Kind.BLOCK, content.file(), what, repaired);
  }
}
