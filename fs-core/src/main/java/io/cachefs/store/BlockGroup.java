package io.cachefs.store;

/**
 * Which blocks of a part of a blob are there, and their checksums. Mutable, not thread-safe.
 *
 * <p>A blob is a row of blocks of {@link #BLOCK_SIZE}, the last one shorter, and a row of groups of
 * {@link #BLOCKS} blocks.
 */
public final class BlockGroup {
  /** Small enough that a random read of a slow source is not made much longer by it. */
  public static final int BLOCK_SIZE = 16 * 1024;

  public static final int BLOCKS = 256;

  /** Bytes of a blob that one group stands for. */
  public static final long GROUP_SIZE = (long) BLOCK_SIZE * BLOCKS;

  private final long[] present = new long[BLOCKS / Long.SIZE];
  private final int[] checksums = new int[BLOCKS];

  public boolean isPresent(int block) {
    return (present[block >>> 6] & 1L << block) != 0;
  }

  /** Returns the CRC32C of a block that is present. */
  public int checksum(int block) {
    return checksums[block];
  }

  public void put(int block, int checksum) {
    present[block >>> 6] |= 1L << block;
    checksums[block] = checksum;
  }

  public void remove(int block) {
    present[block >>> 6] &= ~(1L << block);
    checksums[block] = 0;
  }

  /** Returns how many blocks are present. */
  public int count() {
    int count = 0;
    for (long word : present) {
      count += Long.bitCount(word);
    }
    return count;
  }

  public BlockGroup copy() {
    BlockGroup copy = new BlockGroup();
    System.arraycopy(present, 0, copy.present, 0, present.length);
    System.arraycopy(checksums, 0, copy.checksums, 0, checksums.length);
    return copy;
  }
}
