package io.cachefs.store.lmdb;

import io.cachefs.base.FileKey;
import io.cachefs.base.Timestamp;
import io.cachefs.store.BlockGroup;
import io.cachefs.store.ContentRecord;
import io.cachefs.store.Index;
import io.cachefs.store.IndexSamples;
import io.cachefs.store.InodeRecord;
import io.cachefs.store.ListedName;
import io.cachefs.store.NameRecord;
import io.cachefs.store.StoreException;
import io.cachefs.store.XattrRecord;
import io.cachefs.store.XattrRecord.Xattr;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** An index with records of every kind, which can be told from their number, and reads of them. */
final class FilledIndex {
  static final FileKey DIRECTORY = IndexSamples.file(1 << 20);

  private FilledIndex() {}

  static IndexOpener.OpenedIndex open(Path directory) throws StoreException {
    return IndexOpener.open(directory, 1L << 30, InstantSource.system(), System::nanoTime);
  }

  /** Puts records for {@code count} files, in some batches, and removes a few. */
  static void fill(Index index, int count) throws StoreException {
    List<ListedName> listed = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      index.putInode(IndexSamples.file(i), IndexSamples.inode(i, i));
      index.putContent(IndexSamples.content(i, i, i, 0));
      if (i % 10 == 0) {
        index.putInline(i, data(i));
        index.putXattrs(IndexSamples.file(i), xattrs(i));
      } else {
        index.putBlocks(i, 0, IndexSamples.blocks(1 + i % 20, i));
      }
      listed.add(IndexSamples.listed("file" + i, i));
      if (i % 500 == 0) {
        index.flush();
      }
    }
    index.putListing(DIRECTORY, IndexSamples.inode(1 << 20, 0), listed, 5);
    index.flush();
    for (int i = 7; i <= count; i += 7) {
      index.removeContent(i);
    }
    index.flush();
  }

  private static byte[] data(int number) {
    byte[] data = new byte[number % 9000];
    Arrays.fill(data, (byte) number);
    return data;
  }

  private static XattrRecord xattrs(int number) {
    return new XattrRecord(
        new Timestamp(number, 1),
        true,
        List.of(new Xattr(new byte[] {'u'}, data(number * 3), false)));
  }

  /** Reads everything that {@link #fill} put; returns how much is missing. */
  static int readAll(Index index, int count) {
    int missing = 0;
    for (int i = 1; i <= count; i++) {
      FileKey file = IndexSamples.file(i);
      boolean removed = i % 7 == 0;
      missing += check(index.inode(file), IndexSamples.inode(i, i), false);
      missing += check(index.content(i), IndexSamples.content(i, i, i, 0), removed);
      missing += check(index.name(DIRECTORY, IndexSamples.name("file" + i)), name(i), false);
      if (i % 10 == 0) {
        missing += check(index.inline(i), data(i), removed);
        missing += check(index.xattrs(file), xattrs(i), false);
      } else {
        missing += check(index.blocks(i, 0), IndexSamples.blocks(1 + i % 20, i), removed);
      }
    }
    for (ContentRecord each : index.contentsFrom(0, 2 * count)) {
      check(each, IndexSamples.content(each.id(), each.id(), each.id(), 0), each.id() % 7 == 0);
    }
    for (FileKey each : index.filesFrom(new FileKey(0, 0, 0), 2 * count)) {
      check(each, IndexSamples.file(each.inode()), false);
    }
    for (ListedName each : index.names(DIRECTORY, null, 2 * count)) {
      check(each, IndexSamples.listed("file" + each.inode(), each.inode()), false);
    }
    return missing;
  }

  private static Object name(int number) {
    return new NameRecord(IndexSamples.file(number), io.cachefs.base.Mode.REGULAR, 5);
  }

  /** What was not closed in order says of its records that nobody has confirmed them. */
  private static Object asTrustedAs(Object found, Object expected) {
    if (found instanceof InodeRecord inode
        && inode.checkedAtMillis() == 0
        && expected instanceof InodeRecord wanted) {
      return new InodeRecord(
          wanted.attributes(),
          0,
          wanted.contentId(),
          wanted.flags(),
          wanted.listed(),
          wanted.handle(),
          wanted.target());
    }
    if (found instanceof NameRecord name
        && name.checkedAtMillis() == 0
        && expected instanceof NameRecord wanted) {
      return new NameRecord(wanted.child(), wanted.type(), 0);
    }
    return expected;
  }

  private static int check(
      @org.jspecify.annotations.Nullable Object found, Object expected, boolean removed) {
    if (found == null) {
      return removed ? 0 : 1;
    }
    if (removed) {
      throw new AssertionError("was removed: " + expected);
    }
    Object wanted = asTrustedAs(found, expected);
    if (!text(found).equals(text(wanted))) {
      throw new AssertionError("wrong: " + text(found) + ", not " + text(wanted));
    }
    return 0;
  }

  static String text(Object record) {
    if (record instanceof byte[] bytes) {
      return Arrays.toString(bytes);
    }
    if (record instanceof BlockGroup blocks) {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < BlockGroup.BLOCKS; i++) {
        text.append(blocks.isPresent(i) ? " " + i + ":" + blocks.checksum(i) : "");
      }
      return text.toString();
    }
    if (record instanceof io.cachefs.store.InodeRecord inode) {
      return inode.attributes()
          + " "
          + inode.checkedAtMillis()
          + " "
          + inode.contentId()
          + " "
          + inode.flags()
          + " "
          + inode.listed()
          + Arrays.toString(inode.handle())
          + Arrays.toString(inode.target());
    }
    if (record instanceof XattrRecord xattrs) {
      Xattr only = xattrs.xattrs().get(0);
      return xattrs.changed() + Arrays.toString(Objects.requireNonNull(only.value()));
    }
    return record.toString();
  }
}
