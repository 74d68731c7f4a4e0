package io.cachefs.store;

import io.cachefs.base.FileKey;
import io.cachefs.base.Name;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** An index that keeps everything on the heap and forgets it at close. Thread-safe. */
public final class InMemoryIndex implements Index {
  /** The order in which files are listed. */
  public static final Comparator<FileKey> BY_KEY =
      Comparator.comparingInt((FileKey key) -> key.volume() + Integer.MIN_VALUE)
          .thenComparingLong(key -> key.inode() + Long.MIN_VALUE)
          .thenComparingLong(key -> key.generation() + Long.MIN_VALUE);

  /** The order in which names are listed. */
  public static final Comparator<Name> BY_NAME =
      (one, other) -> Arrays.compareUnsigned(one.bytes(), other.bytes());

  private final NavigableMap<FileKey, InodeRecord> inodes = new TreeMap<>(BY_KEY);
  private final Map<FileKey, NavigableMap<Name, Known>> names = new HashMap<>();
  private final Map<FileKey, XattrRecord> xattrs = new HashMap<>();
  private final NavigableMap<Long, ContentRecord> contents = new TreeMap<>();
  private final Map<Long, byte[]> inline = new HashMap<>();
  private final Map<Long, Map<Integer, BlockGroup>> blocks = new HashMap<>();
  private long nextContentId = 1;

  /** A name, and the inode number users see. */
  private record Known(NameRecord record, long inode) {}

  @Override
  public synchronized @Nullable InodeRecord inode(FileKey file) {
    return inodes.get(file);
  }

  @Override
  public synchronized void putInode(FileKey file, InodeRecord inode) {
    inodes.put(file, inode);
  }

  @Override
  public synchronized void removeInode(FileKey file) {
    inodes.remove(file);
    xattrs.remove(file);
  }

  @Override
  public synchronized @Nullable NameRecord name(FileKey directory, Name name) {
    Known known = namesOf(directory).get(name);
    return known == null ? null : known.record;
  }

  private NavigableMap<Name, Known> namesOf(FileKey directory) {
    return names.getOrDefault(directory, new TreeMap<>(BY_NAME));
  }

  @Override
  public synchronized void putName(FileKey directory, Name name, NameRecord record) {
    FileKey child = record.child();
    names
        .computeIfAbsent(directory, key -> new TreeMap<>(BY_NAME))
        .put(name, new Known(record, child == null ? 0 : child.inode()));
  }

  @Override
  public synchronized void removeName(FileKey directory, Name name) {
    namesOf(directory).remove(name);
  }

  @Override
  public synchronized List<ListedName> names(FileKey directory, @Nullable Name after, int limit) {
    List<ListedName> found = new ArrayList<>();
    NavigableMap<Name, Known> all = namesOf(directory);
    (after == null ? all : all.tailMap(after, false))
        .forEach(
            (name, known) -> {
              FileKey child = known.record.child();
              if (child != null && found.size() < limit) {
                found.add(new ListedName(name, child, known.inode, known.record.type()));
              }
            });
    return found;
  }

  @Override
  public synchronized void putListing(
      FileKey directory, InodeRecord record, List<ListedName> listed, long atMillis) {
    NavigableMap<Name, Known> all = new TreeMap<>(BY_NAME);
    for (ListedName each : listed) {
      NameRecord known = new NameRecord(each.child(), each.type(), atMillis);
      all.put(each.name(), new Known(known, each.inode()));
    }
    names.put(directory, all);
    inodes.put(directory, record);
  }

  @Override
  public synchronized void removeNames(FileKey directory) {
    names.remove(directory);
  }

  @Override
  public synchronized @Nullable XattrRecord xattrs(FileKey file) {
    return xattrs.get(file);
  }

  @Override
  public synchronized void putXattrs(FileKey file, XattrRecord record) {
    xattrs.put(file, record);
  }

  @Override
  public synchronized long newContentId() {
    return nextContentId++;
  }

  @Override
  public synchronized @Nullable ContentRecord content(long id) {
    return contents.get(id);
  }

  @Override
  public synchronized void putContent(ContentRecord content) {
    contents.put(content.id(), content);
  }

  @Override
  public synchronized byte @Nullable [] inline(long id) {
    byte[] data = inline.get(id);
    return data == null ? null : data.clone();
  }

  @Override
  public synchronized void putInline(long id, byte[] data) {
    inline.put(id, data.clone());
  }

  @Override
  public synchronized @Nullable BlockGroup blocks(long id, int group) {
    BlockGroup found = blocks.getOrDefault(id, Map.of()).get(group);
    return found == null ? null : found.copy();
  }

  @Override
  public synchronized void putBlocks(long id, int group, BlockGroup added) {
    blocks.computeIfAbsent(id, key -> new HashMap<>()).put(group, added);
  }

  @Override
  public synchronized void removeContent(long id) {
    contents.remove(id);
    inline.remove(id);
    blocks.remove(id);
  }

  @Override
  public synchronized List<ContentRecord> contentsFrom(long from, int limit) {
    return contents.tailMap(from, true).values().stream().limit(limit).toList();
  }

  @Override
  public synchronized List<FileKey> filesFrom(FileKey from, int limit) {
    return inodes.tailMap(from, true).keySet().stream().limit(limit).toList();
  }

  @Override
  public void flush() {}

  @Override
  public void sync() {}

  @Override
  public synchronized Status status() {
    long stored = 0;
    long pinned = 0;
    for (ContentRecord content : contents.values()) {
      stored += content.storedBytes();
      if ((content.flags() & ContentRecord.PINNED) != 0) {
        pinned += content.storedBytes();
      }
    }
    long known = names.values().stream().mapToLong(Map::size).sum();
    return new Status(0, 0, 0, contents.size(), stored, pinned, inodes.size(), known, 0, 0, null);
  }

  @Override
  public synchronized void close() {
    inodes.clear();
    names.clear();
    xattrs.clear();
    contents.clear();
    inline.clear();
    blocks.clear();
  }
}
