package io.cachefs.store;

import io.cachefs.base.FileKey;
import io.cachefs.base.Name;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The written records of an index one by one, also those that are damaged, and its totals beside a
 * recount of them. What is queued is not seen, so whoever finds something asks the index itself
 * again. Thread-safe.
 */
public interface IndexAudit {
  /** The tables of an index. */
  enum Table {
    CONTENTS,
    INLINE,
    BLOCKS,
    INODES,
    NAMES,
    XATTRS
  }

  /**
   * A record.
   *
   * @param key as it is written
   * @param file whose inode or extended attributes, or in which directory a name is; null if the
   *     key does not tell, or has another meaning
   * @param name null for all but names
   * @param id of a content; 0 for other records
   * @param group of blocks; 0 for other records
   * @param value what it says: an {@link InodeRecord}, {@link NameRecord}, {@link XattrRecord},
   *     {@link ContentRecord}, {@link BlockGroup} or array of bytes; null if it is damaged
   * @param damage what is wrong with it, or null
   */
  // The key is not changed, and rows are not compared.
  @SuppressWarnings("ArrayRecordComponent")
  record Row(
      byte[] key,
      @Nullable FileKey file,
      @Nullable Name name,
      long id,
      int group,
      @Nullable Object value,
      @Nullable String damage) {}

  /**
   * What is true of an index as a whole.
   *
   * @param nextId an id that is larger than that of every content
   */
  record Sums(
      long contents, long contentBytes, long pinnedBytes, long files, long names, long nextId) {}

  /**
   * Two answers of the same moment.
   *
   * @param noted what the index says of itself
   * @param counted what its records say
   */
  record Balance(Sums noted, Sums counted) {
    /** Returns whether the index knows what is in it. */
    public boolean isEven() {
      return noted.contents == counted.contents
          && noted.contentBytes == counted.contentBytes
          && noted.pinnedBytes == counted.pinnedBytes
          && noted.files == counted.files
          && noted.names == counted.names
          && noted.nextId >= counted.nextId;
    }
  }

  /** Returns at most {@code limit} records of a table, from after the key {@code after} on. */
  List<Row> rows(Table table, byte @Nullable [] after, int limit);

  /** Counts; takes time and holds nobody up. */
  Balance balance();

  /** Removes all damaged records of a table, also where a damaged key is in a wrong place. */
  void removeDamaged(Table table);

  /** Puts what is counted in place of what is noted; returns both as they were. */
  Balance recount() throws StoreException;
}
