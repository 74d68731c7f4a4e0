package io.cachefs.store.lmdb;

import io.cachefs.store.lmdb.MetaPage.Tree;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.BitSet;

/**
 * The lists of free pages of a data file whose structure was found right. A page on them is written
 * over without a question, so it must be in the file and used by nothing.
 */
final class FreeLists {
  private static final int KEY_SIZE = Long.BYTES;

  private final PageFile file;
  private final long pages;
  private final BitSet used;

  /** Takes the pages in use, and adds those that are free. */
  FreeLists(PageFile file, long pages, BitSet used) {
    this.file = file;
    this.pages = pages;
    this.used = used;
  }

  void checkTree(long number, int height) throws IOException, DamagedFileException {
    if (number == Tree.EMPTY) {
      return;
    }
    int kind = height > 1 ? NodePage.BRANCH : NodePage.LEAF;
    // A page of its own, because reading a list needs the one of the file.
    NodePage page = NodePage.check(copy(file.page(number)), number, kind);
    for (int i = 0; i < page.count(); i++) {
      if (height > 1) {
        checkTree(page.child(i), height - 1);
      } else {
        checkList(list(page, i));
      }
    }
  }

  private static ByteBuffer copy(ByteBuffer page) {
    return ByteBuffer.allocate(page.remaining()).put(page).flip().order(ByteOrder.LITTLE_ENDIAN);
  }

  private ByteBuffer list(NodePage leaf, int index) throws IOException, DamagedFileException {
    int at = leaf.dataAt(index);
    int size = (int) leaf.dataSize(index);
    if (leaf.keySize(index) != KEY_SIZE || size < Long.BYTES || size % Long.BYTES != 0) {
      throw new DamagedFileException("size of a list of free pages");
    }
    if (leaf.flags(index) != NodePage.BIG) {
      return leaf.page().slice(at, size).order(ByteOrder.LITTLE_ENDIAN);
    }
    long first = leaf.page().getLong(at);
    ByteBuffer list = ByteBuffer.allocate(size + NodePage.HEADER_SIZE);
    for (long number = first; list.hasRemaining(); number++) {
      ByteBuffer page = file.page(number);
      list.put(page.limit(Math.min(page.limit(), list.remaining())));
    }
    return list.flip().position(NodePage.HEADER_SIZE).slice().order(ByteOrder.LITTLE_ENDIAN);
  }

  private void checkList(ByteBuffer list) throws DamagedFileException {
    long count = list.getLong(0);
    if (count < 0 || count > list.capacity() / Long.BYTES - 1) {
      throw new DamagedFileException("length of a list of free pages");
    }
    long before = Long.MAX_VALUE;
    for (int i = 1; i <= count; i++) {
      long page = list.getLong(i * Long.BYTES);
      if (page < 2 || page >= pages || page >= before || used.get((int) page)) {
        throw new DamagedFileException("free page " + page + " is not free");
      }
      used.set((int) page);
      before = page;
    }
  }
}
