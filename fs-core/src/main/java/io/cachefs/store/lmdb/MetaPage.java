package io.cachefs.store.lmdb;

import java.nio.ByteBuffer;

/**
 * One of the two pages that begin a data file and say where everything else is; layouts are those
 * of {@code mdb.c} of LMDB 0.9.
 */
record MetaPage(int pageSize, Tree free, Tree main, long lastPage, long transaction) {
  /** Enough of the file for the header and the body of a meta page. */
  static final int SIZE = 16 + 136;

  private static final int META = 0x08;
  private static final int MAGIC = 0xBEEFC0DE;
  private static final int VERSION = 1;
  private static final int INTEGER_KEY = 0x08;
  private static final int TREES = 16 + 24;

  /** Reads the page that is {@code number} by its place. */
  static MetaPage read(ByteBuffer page, int number) throws DamagedFileException {
    if (page.getLong(0) != number
        || Short.toUnsignedInt(page.getShort(10)) != META
        || page.getInt(16) != MAGIC
        || page.getInt(20) != VERSION) {
      throw new DamagedFileException("meta page " + number + " is none");
    }
    int pageSize = page.getInt(TREES);
    if (Integer.bitCount(pageSize) != 1 || pageSize < 512 || pageSize > 32_768) {
      throw new DamagedFileException("page size " + pageSize);
    }
    Tree free = Tree.read(page, TREES);
    Tree main = Tree.read(page, TREES + Tree.SIZE);
    if (free.flags() != INTEGER_KEY || main.flags() != 0) {
      throw new DamagedFileException("kind of tables in meta page " + number);
    }
    long lastPage = page.getLong(TREES + 2 * Tree.SIZE);
    return new MetaPage(pageSize, free, main, lastPage, page.getLong(TREES + 2 * Tree.SIZE + 8));
  }

  /**
   * The root of a table.
   *
   * @param root number of its page, {@link #EMPTY} if there is nothing in it
   */
  record Tree(int flags, int depth, long root) {
    static final int SIZE = 48;
    static final long EMPTY = -1;

    static Tree read(ByteBuffer from, int at) {
      return new Tree(
          Short.toUnsignedInt(from.getShort(at + 4)),
          Short.toUnsignedInt(from.getShort(at + 6)),
          from.getLong(at + 40));
    }
  }
}
