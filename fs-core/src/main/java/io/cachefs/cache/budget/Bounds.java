package io.cachefs.cache.budget;

/**
 * What a cache may use of its disk. Immutable.
 *
 * <h2>How the bytes are divided</h2>
 *
 * The 257 directories and the small files beside them have a fixed part. The index may grow to a
 * share, which is also to be the size of its map, so that it cannot exceed it. While it is smaller,
 * content may use the rest of the share. Content is counted by pages of {@link #PAGE}; of the bytes
 * left to it a small part is not given out, because file systems need blocks to find the pieces of
 * a fragmented file: one for each 340 pieces in ext4, and a piece is a block of 16 KiB at least.
 *
 * @param diskBytes of the whole cache directory
 * @param files cached contents
 * @param freeBytes what must stay free on the file system
 * @param freeInodes likewise
 * @param pinnedBytes of {@code diskBytes}, what pins may hold
 */
public record Bounds(
    long diskBytes, long files, long freeBytes, long freeInodes, long pinnedBytes) {
  /** The unit in which file systems give space to files. */
  public static final long PAGE = 4096;

  /**
   * What each blob takes in its directory: 24 bytes of name and number, twice as much as a
   * directory that was split has half-empty blocks, and room to spare.
   */
  static final long FILE_BYTES = 64;

  /** 257 directories, and the files of lock, identity and state beside them. */
  static final long FIXED_BYTES = (257 + 32) * PAGE;

  /** The index is asked for its size now and then; meanwhile it cannot grow by more than this. */
  private static final long INDEX_HEADROOM = 64L << 20;

  /** Kept back of the free space, as the index grows between two looks at it. */
  static final long INDEX_GROWTH = 256L << 10;

  private static final long SMALLEST_INDEX = 1L << 20;

  /** One part in so many of the content's bytes is kept back for extent trees. */
  private static final long EXTENT_PART = 64;

  public Bounds {
    if (diskBytes < FIXED_BYTES + 2 * SMALLEST_INDEX) {
      throw new IllegalArgumentException("a cache of " + diskBytes + " bytes is too small");
    }
  }

  /** Returns a number of bytes rounded up to whole pages. */
  public static long pages(long bytes) {
    return (bytes + PAGE - 1) / PAGE * PAGE;
  }

  /** Returns how large the index may grow. */
  public long indexBytes() {
    return Math.max(SMALLEST_INDEX, diskBytes / 4);
  }

  /** Returns what is left to content and to what is not at the source, however large the index. */
  public long leastContentBytes() {
    return contentBytes(indexBytes());
  }

  /** Returns what is left to content while the index is of this size. */
  long contentBytes(long indexUsed) {
    long index = Math.min(indexBytes(), indexUsed + INDEX_HEADROOM);
    long left = diskBytes - FIXED_BYTES - Math.max(index, Math.min(indexUsed, diskBytes));
    return Math.max(0, left - left / EXTENT_PART);
  }
}
