package io.cachefs.store.lmdb;

import io.cachefs.base.FileKey;
import io.cachefs.store.BlockGroup;
import io.cachefs.store.Index;
import io.cachefs.store.IndexSamples;
import io.cachefs.store.ListedName;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Writes to an index without end, until it is killed. Step n of it puts n into a record of its own
 * and into one that every step overwrites, so what was lost can be told.
 */
final class WriteInChild {
  static final int STEPS_PER_ROUND = 1_000_000;
  static final FileKey LAST = IndexSamples.file(1L << 40);
  static final FileKey DIRECTORY = IndexSamples.file(1L << 41);

  private WriteInChild() {}

  public static void main(String[] args) throws Exception {
    IndexOpener.OpenedIndex opened = FilledIndex.open(Path.of(args[0]));
    Index index = opened.index();
    System.out.println("rebuilt " + opened.rebuilt());
    System.out.println("id " + index.newContentId());
    long first = Long.parseLong(args[1]);
    for (long step = first; step < first + STEPS_PER_ROUND; step++) {
      put(index, step);
      if (step % 5000 == 0) {
        index.flush();
        System.out.println("flushed " + step + " id " + index.newContentId());
      }
    }
  }

  private static void put(Index index, long step) {
    index.putInode(IndexSamples.file(step), IndexSamples.inode(step, step));
    index.putContent(IndexSamples.content(step, step, 1, 0));
    index.putBlocks(step, 0, blocks(step));
    if (step % 100 == 0) {
      index.putListing(DIRECTORY, IndexSamples.inode(step, step), listing(step), step);
    }
    if (step % 3 == 0) {
      index.removeContent(step);
    }
    index.putInode(LAST, IndexSamples.inode(step, step));
  }

  static BlockGroup blocks(long step) {
    return IndexSamples.blocks(1 + (int) (step % 5), (int) step);
  }

  /** Ten names, all of one step. */
  static List<ListedName> listing(long step) {
    return IntStream.range(0, 10).mapToObj(i -> IndexSamples.listed("n" + i, step)).toList();
  }
}
