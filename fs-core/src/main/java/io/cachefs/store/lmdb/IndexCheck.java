package io.cachefs.store.lmdb;

import io.cachefs.store.lmdb.MetaPage.Tree;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Looks through a data file before LMDB maps it. LMDB follows page numbers and offsets without
 * looking at them, so a wrong one ends the process, or lets it write where something else is.
 *
 * <p>Every page that can be reached from the roots is read once: branches as they are met, leaves
 * in the order of the file. What records say is not looked at; each has a checksum for that.
 */
final class IndexCheck {
  /** More than LMDB's own bound for the height of a tree. */
  private static final int MAX_DEPTH = 32;

  /** Pages are numbered by int here; at the usual size that is far above the largest map. */
  private static final long MAX_PAGES = Integer.MAX_VALUE - 1L;

  private final PageFile file;
  private final long pages;

  /** Pages that something was found to use. */
  private final BitSet used = new BitSet();

  private final BitSet leaves = new BitSet();
  private final List<Tree> tables = new ArrayList<>();
  private final List<Overflow> overflows = new ArrayList<>();

  /** Data of one record in pages of its own. */
  private record Overflow(int page, int count) {}

  private IndexCheck(PageFile file, long lastPage) {
    this.file = file;
    pages = lastPage + 1;
  }

  /** Returns what is wrong with a data file, or null. */
  static @Nullable String damageOf(Path data) throws IOException {
    try {
      MetaPage meta = meta(data);
      try (PageFile file = new PageFile(data, meta.pageSize())) {
        // The pages at the end may be free and were never written then.
        if (meta.lastPage() < 1 || meta.lastPage() > MAX_PAGES) {
          throw new DamagedFileException("last page " + meta.lastPage());
        }
        new IndexCheck(file, meta.lastPage()).check(meta);
      }
      return null;
    } catch (DamagedFileException e) {
      return "damaged: " + e.getMessage();
    }
  }

  private static MetaPage meta(Path data) throws IOException, DamagedFileException {
    try (FileChannel channel = FileChannel.open(data, StandardOpenOption.READ)) {
      MetaPage first = MetaPage.read(head(channel, 0), 0);
      MetaPage second = MetaPage.read(head(channel, first.pageSize()), 1);
      if (first.pageSize() != second.pageSize()) {
        throw new DamagedFileException("two page sizes");
      }
      // As LMDB chooses.
      return first.transaction() >= second.transaction() ? first : second;
    }
  }

  private static ByteBuffer head(FileChannel channel, long at)
      throws IOException, DamagedFileException {
    ByteBuffer head = ByteBuffer.allocate(MetaPage.SIZE);
    while (head.hasRemaining()) {
      if (channel.read(head, at + head.position()) < 0) {
        throw new DamagedFileException("too short");
      }
    }
    return head.flip().order(ByteOrder.LITTLE_ENDIAN);
  }

  private void check(MetaPage meta) throws IOException, DamagedFileException {
    used.set(0, 2);
    // These two are small, and what is in them matters.
    descend(meta.main(), this::checkMainLeaf);
    descend(meta.free(), IndexCheck::requireNoTables);
    for (Tree table : tables) {
      descend(table, null);
    }
    for (int leaf = leaves.nextSetBit(0); leaf >= 0; leaf = leaves.nextSetBit(leaf + 1)) {
      NodePage checked = NodePage.check(file.next(leaf), leaf, NodePage.LEAF);
      noteOverflows(checked);
      requireNoTables(checked);
    }
    for (Overflow each : overflows) {
      checkOverflow(each);
    }
    // Now that it is known what is not free.
    new FreeLists(file, pages, used).checkTree(meta.free().root(), meta.free().depth());
  }

  /** Receives the leaves of a small tree. */
  private interface LeafVisitor {
    void visit(NodePage leaf) throws IOException, DamagedFileException;
  }

  private void descend(Tree tree, @Nullable LeafVisitor visitor)
      throws IOException, DamagedFileException {
    if (tree.root() == Tree.EMPTY) {
      if (tree.depth() != 0) {
        throw new DamagedFileException("an empty table with a height");
      }
      return;
    }
    if (tree.depth() < 1 || tree.depth() > MAX_DEPTH) {
      throw new DamagedFileException("height " + tree.depth());
    }
    descend(tree.root(), tree.depth(), visitor);
  }

  private void descend(long number, int height, @Nullable LeafVisitor visitor)
      throws IOException, DamagedFileException {
    int page = use(number, 1);
    if (height > 1) {
      NodePage branch = NodePage.check(file.page(page), page, NodePage.BRANCH);
      long[] children = new long[branch.count()];
      for (int i = 0; i < children.length; i++) {
        children[i] = branch.child(i);
      }
      for (long child : children) {
        descend(child, height - 1, visitor);
      }
    } else if (visitor == null) {
      leaves.set(page);
    } else {
      NodePage leaf = NodePage.check(file.page(page), page, NodePage.LEAF);
      noteOverflows(leaf);
      visitor.visit(leaf);
    }
  }

  /** Notes that pages are used, by nothing else until now. */
  private int use(long number, long count) throws DamagedFileException {
    if (number < 2 || count < 1 || number + count > Math.min(pages, file.pages()) || number < 0) {
      throw new DamagedFileException("page " + number + " is not in the file");
    }
    int first = (int) number;
    int end = (int) (number + count);
    int taken = used.nextSetBit(first);
    if (taken >= 0 && taken < end) {
      throw new DamagedFileException("page " + taken + " is used twice");
    }
    used.set(first, end);
    return first;
  }

  private void noteOverflows(NodePage leaf) throws DamagedFileException {
    for (int i = 0; i < leaf.count(); i++) {
      if (leaf.flags(i) == NodePage.BIG) {
        long size = leaf.dataSize(i) + NodePage.HEADER_SIZE;
        long count = (size + file.pageSize() - 1) / file.pageSize();
        int first = use(leaf.page().getLong(leaf.dataAt(i)), count);
        overflows.add(new Overflow(first, (int) count));
      }
    }
  }

  private void checkOverflow(Overflow overflow) throws IOException, DamagedFileException {
    ByteBuffer head = file.page(overflow.page);
    if (head.getLong(0) != overflow.page
        || Short.toUnsignedInt(head.getShort(10)) != NodePage.OVERFLOW
        || head.getInt(12) != overflow.count) {
      throw new DamagedFileException("large record at page " + overflow.page);
    }
  }

  private void checkMainLeaf(NodePage leaf) throws DamagedFileException {
    for (int i = 0; i < leaf.count(); i++) {
      if (leaf.flags(i) != NodePage.TABLE) {
        throw new DamagedFileException("not a table");
      }
      Tree table = Tree.read(leaf.page(), leaf.dataAt(i));
      if (table.flags() != 0) {
        throw new DamagedFileException("kind of a table");
      }
      tables.add(table);
    }
  }

  private static void requireNoTables(NodePage leaf) throws DamagedFileException {
    for (int i = 0; i < leaf.count(); i++) {
      if (leaf.flags(i) == NodePage.TABLE) {
        throw new DamagedFileException("a table in a table");
      }
    }
  }
}
