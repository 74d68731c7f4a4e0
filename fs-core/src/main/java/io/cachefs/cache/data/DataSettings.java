package io.cachefs.cache.data;

import io.cachefs.store.BlockGroup;

/**
 * How content is kept and brought in.
 *
 * @param verify when kept bytes are checked
 * @param inlineMax files up to this size are kept in the index; at most one block
 * @param streams fetches that run at the same time, apart from those of askers
 * @param readAheadBytes the largest read-ahead of one open file
 * @param memoryBytes off-heap, for blocks that are read often; 0 for none
 * @param shards of that memory, a power of two; 0 to choose from the processors
 */
public record DataSettings(
    Verification verify,
    int inlineMax,
    int streams,
    long readAheadBytes,
    long memoryBytes,
    int shards) {
  public static final DataSettings DEFAULT =
      new DataSettings(Verification.READ, 4096, 16, 8L << 20, 64L << 20, 0);

  public DataSettings {
    inlineMax = Math.min(inlineMax, BlockGroup.BLOCK_SIZE);
    if (inlineMax < 0 || streams < 1 || readAheadBytes < 0 || memoryBytes < 0 || shards < 0) {
      throw new IllegalArgumentException(
          "not possible: "
              + inlineMax
              + " bytes inline, "
              + streams
              + " streams, "
              + readAheadBytes
              + " bytes ahead, "
              + memoryBytes
              + " bytes of memory in "
              + shards
              + " shards");
    }
  }

  public DataSettings with(Verification other) {
    return new DataSettings(other, inlineMax, streams, readAheadBytes, memoryBytes, shards);
  }

  public DataSettings withMemoryBytes(long bytes) {
    return new DataSettings(verify, inlineMax, streams, readAheadBytes, bytes, shards);
  }
}
