package io.cachefs.cache.data.block;

import static io.cachefs.store.BlockGroup.BLOCKS;
import static io.cachefs.store.BlockGroup.BLOCK_SIZE;

/** Converts between bytes, blocks and groups of a file. */
public final class Blocks {
  private static final long PAGE = 4096;

  private Blocks() {}

  public static long indexOf(long offset) {
    return offset / BLOCK_SIZE;
  }

  public static long offsetOf(long block) {
    return block * BLOCK_SIZE;
  }

  /** Returns how many blocks a file of {@code size} has. */
  public static long count(long size) {
    return (size + BLOCK_SIZE - 1) / BLOCK_SIZE;
  }

  /** Returns the bytes of a block: all of them, or what the file has of its last one. */
  public static int length(long block, long size) {
    return (int) Math.min(BLOCK_SIZE, size - offsetOf(block));
  }

  /** Returns the bytes from the start of {@code first} to the end of {@code last}. */
  public static int length(long first, long last, long size) {
    return Math.toIntExact(offsetOf(last) + length(last, size) - offsetOf(first));
  }

  /** Returns the space {@code bytes} take on a disk. */
  public static long charge(long bytes) {
    return (bytes + PAGE - 1) / PAGE * PAGE;
  }

  public static int groupOf(long block) {
    return Math.toIntExact(block / BLOCKS);
  }

  public static int inGroup(long block) {
    return (int) (block % BLOCKS);
  }

  /** Returns how many groups a file of {@code size} has. */
  public static int groups(long size) {
    return Math.toIntExact((count(size) + BLOCKS - 1) / BLOCKS);
  }
}
