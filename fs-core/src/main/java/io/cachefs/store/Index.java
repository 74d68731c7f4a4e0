package io.cachefs.store;

import io.cachefs.base.FileKey;
import io.cachefs.base.Name;
import java.io.Closeable;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The small records of a cache. Thread-safe.
 *
 * <p>Reads never wait for writes; they see every change handed over before, written or not, and
 * return copies. Changes are handed over to one writer, in order, which writes them in batches;
 * handing over waits only while far too much is queued. A record that is damaged is reported absent
 * and counted. After a crash of the process, what was written is there; what was queued is lost as
 * a whole from some point on.
 *
 * <p>An index that is full or broken drops changes and says so in {@link #status}: whoever needs a
 * record asks the source again. What an older record says in place of a dropped change has 0 for
 * the time it was checked. After close everything is absent.
 */
public interface Index extends Closeable {
  // --- Files and names ---

  @Nullable InodeRecord inode(FileKey file);

  void putInode(FileKey file, InodeRecord inode);

  /** Removes the record of a file with its extended attributes; names and content stay. */
  void removeInode(FileKey file);

  @Nullable NameRecord name(FileKey directory, Name name);

  void putName(FileKey directory, Name name, NameRecord record);

  void removeName(FileKey directory, Name name);

  /**
   * Returns at most {@code limit} entries in the order of names, from after {@code after} on.
   * Absent names are left out; a name put by {@link #putName} shows the inode number of its key.
   */
  List<ListedName> names(FileKey directory, @Nullable Name after, int limit);

  /** Replaces all names of a directory, absent ones included, and its record, in one step. */
  void putListing(FileKey directory, InodeRecord record, List<ListedName> names, long atMillis);

  /** Removes all names of a directory. */
  void removeNames(FileKey directory);

  @Nullable XattrRecord xattrs(FileKey file);

  void putXattrs(FileKey file, XattrRecord record);

  // --- Content ---

  /** Returns an id that was never used. */
  long newContentId();

  @Nullable ContentRecord content(long id);

  void putContent(ContentRecord content);

  byte @Nullable [] inline(long id);

  void putInline(long id, byte[] data);

  @Nullable BlockGroup blocks(long id, int group);

  /** Takes over the group, which the caller no longer changes. */
  void putBlocks(long id, int group, BlockGroup blocks);

  /** Removes the record, the inline data and all groups of a content. */
  void removeContent(long id);

  /** Returns at most {@code limit} contents in the order of ids, from {@code from} on. */
  List<ContentRecord> contentsFrom(long from, int limit);

  /**
   * Returns at most {@code limit} files in the order of keys, whose numbers are unsigned, from
   * {@code from} on.
   */
  List<FileKey> filesFrom(FileKey from, int limit);

  // --- The whole ---

  /** Waits until everything handed over so far is written. */
  void flush() throws StoreException;

  /** As {@link #flush}, and makes it survive a power cut. */
  void sync() throws StoreException;

  Status status();

  @Override
  void close();

  /**
   * A moment of an index.
   *
   * @param usedBytes space it takes on the disk, which never shrinks
   * @param reusableBytes of that, what is free inside and used again
   * @param mapBytes how large it can grow
   * @param contents how many contents there are
   * @param contentBytes the sum of their {@link ContentRecord#storedBytes}
   * @param pinnedBytes of that, what is pinned
   * @param files how many inode records there are
   * @param names how many name records there are
   * @param damaged records found damaged since it was opened
   * @param dropped changes dropped since it was opened, because it is full or broken
   * @param failure why it does not write any more, or null
   */
  record Status(
      long usedBytes,
      long reusableBytes,
      long mapBytes,
      long contents,
      long contentBytes,
      long pinnedBytes,
      long files,
      long names,
      long damaged,
      long dropped,
      @Nullable String failure) {}
}
