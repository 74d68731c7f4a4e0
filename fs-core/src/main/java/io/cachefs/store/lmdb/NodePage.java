package io.cachefs.store.lmdb;

import java.nio.ByteBuffer;

/**
 * A page of nodes that was checked: every node lies in it, and none in another. Layouts are those
 * of {@code mdb.c} of LMDB 0.9. Valid as long as the buffer is.
 */
final class NodePage {
  static final int BRANCH = 0x01;
  static final int LEAF = 0x02;
  static final int OVERFLOW = 0x04;

  static final int HEADER_SIZE = 16;
  static final int NODE_HEADER_SIZE = 8;

  /** The data of a node lies in pages of its own. */
  static final int BIG = 0x01;

  /** The data of a node is the root of a table. */
  static final int TABLE = 0x02;

  private static final int MAX_KEY = 511;

  private final ByteBuffer page;
  private final int count;
  private final boolean leaf;

  private NodePage(ByteBuffer page, int count, boolean leaf) {
    this.page = page;
    this.count = count;
    this.leaf = leaf;
  }

  /** Checks a page that was found under {@code number} and is to be of a kind. */
  static NodePage check(ByteBuffer page, long number, int kind) throws DamagedFileException {
    int size = page.limit();
    int lower = u16(page, 12);
    int upper = u16(page, 14);
    int count = (lower - HEADER_SIZE) / 2;
    require(page.getLong(0) == number && u16(page, 10) == kind, "kind or number", number);
    require(
        lower >= HEADER_SIZE && lower % 2 == 0 && lower <= upper && upper <= size,
        "bounds",
        number);
    require(count >= (kind == BRANCH ? 2 : 1), "number of nodes", number);
    NodePage checked = new NodePage(page, count, kind == LEAF);
    int used = 0;
    for (int i = 0; i < count; i++) {
      used += checked.checkNode(i, upper, number);
    }
    // Each lies within what is used; if they fill it to the byte and none begins where another
    // does, none overlaps either.
    require(used == size - upper, "size of nodes", number);
    checked.checkApart(number);
    return checked;
  }

  private static void require(boolean holds, String what, long number) throws DamagedFileException {
    if (!holds) {
      throw new DamagedFileException(what + " of page " + number);
    }
  }

  private static int u16(ByteBuffer page, int at) {
    return Short.toUnsignedInt(page.getShort(at));
  }

  private int checkNode(int index, int upper, long number) throws DamagedFileException {
    int at = at(index);
    int size = page.limit();
    require(at >= upper && at + NODE_HEADER_SIZE <= size && at % 2 == 0, "node", number);
    int keySize = u16(page, at + 6);
    boolean mayBeEmpty = !leaf && index == 0;
    require(keySize <= MAX_KEY && (keySize > 0 || mayBeEmpty), "key", number);
    long length = (long) NODE_HEADER_SIZE + keySize;
    if (leaf) {
      int flags = flags(index);
      require(flags == 0 || flags == BIG || flags == TABLE, "flags", number);
      require(flags != TABLE || dataSize(index) == MetaPage.Tree.SIZE, "table", number);
      length += flags == BIG ? Long.BYTES : dataSize(index);
    }
    length += length & 1;
    require(at + length <= size, "length", number);
    return (int) length;
  }

  private void checkApart(long number) throws DamagedFileException {
    long[] begun = new long[page.limit() / 2 / Long.SIZE + 1];
    for (int i = 0; i < count; i++) {
      int slot = at(i) / 2;
      require((begun[slot >> 6] & 1L << slot) == 0, "nodes", number);
      begun[slot >> 6] |= 1L << slot;
    }
  }

  int count() {
    return count;
  }

  private int at(int index) {
    return u16(page, HEADER_SIZE + 2 * index);
  }

  int flags(int index) {
    return u16(page, at(index) + 4);
  }

  int keySize(int index) {
    return u16(page, at(index) + 6);
  }

  /** Returns the size of the data of a node of a leaf. */
  long dataSize(int index) {
    return Integer.toUnsignedLong(page.getInt(at(index)));
  }

  /** Returns the page that a node of a branch points to. */
  long child(int index) {
    return dataSize(index) | (long) flags(index) << 32;
  }

  /** Returns where in the page the data of a node of a leaf begins. */
  int dataAt(int index) {
    return at(index) + NODE_HEADER_SIZE + keySize(index);
  }

  ByteBuffer page() {
    return page;
  }
}
