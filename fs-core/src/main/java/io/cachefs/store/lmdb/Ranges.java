package io.cachefs.store.lmdb;

import io.cachefs.base.FileKey;
import io.cachefs.base.Name;
import io.cachefs.store.ContentRecord;
import io.cachefs.store.InodeRecord;
import io.cachefs.store.ListedName;
import io.cachefs.store.format.ContentRecords;
import io.cachefs.store.format.DamagedRecordException;
import io.cachefs.store.format.FileRecords;
import io.cachefs.store.format.Keys;
import io.cachefs.store.format.KnownName;
import io.cachefs.store.lmdb.Pending.Last;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.lmdbjava.Cursor;
import org.lmdbjava.Dbi;
import org.lmdbjava.GetOp;
import org.lmdbjava.LmdbException;

/**
 * Reads of many records in order. What is queued is copied before the tables are looked at, as far
 * as the answer can need it, and counts more than what they have. Thread-safe.
 */
final class Ranges {
  private static final Comparator<FileKey> BY_KEY =
      Comparator.comparingInt((FileKey key) -> key.volume() + Integer.MIN_VALUE)
          .thenComparingLong(key -> key.inode() + Long.MIN_VALUE)
          .thenComparingLong(key -> key.generation() + Long.MIN_VALUE);

  private final Tables tables;
  private final ReadPool pool;
  private final Pending pending;
  private final Distrust distrust;
  private final AtomicLong damaged;

  Ranges(Tables tables, ReadPool pool, Pending pending, Distrust distrust, AtomicLong damaged) {
    this.tables = tables;
    this.pool = pool;
    this.pending = pending;
    this.distrust = distrust;
    this.damaged = damaged;
  }

  /** Receives records while their transaction is open, until it has enough. */
  private interface Visitor {
    boolean visit(Reading reading, ByteBuffer key, ByteBuffer record) throws DamagedRecordException;
  }

  /** Writes a key. */
  private interface KeyWriter {
    void write(ByteBuffer key);
  }

  private void visit(Dbi<ByteBuffer> table, KeyWriter from, Visitor visitor) {
    Reading reading = pool.begin();
    if (reading == null) {
      return;
    }
    try (Cursor<ByteBuffer> cursor = table.openCursor(reading.txn)) {
      ByteBuffer key = reading.key();
      from.write(key);
      boolean more = cursor.get(key.flip(), GetOp.MDB_SET_RANGE);
      while (more) {
        try {
          more = visitor.visit(reading, cursor.key(), cursor.val());
        } catch (DamagedRecordException e) {
          damaged.incrementAndGet();
        }
        more = more && cursor.next();
      }
    } catch (LmdbException e) {
      damaged.incrementAndGet();
    } finally {
      pool.end(reading);
    }
  }

  /** Takes from what is queued and what is written, in order, until there is enough. */
  private static final class Merge<K, V> {
    private final NavigableMap<K, Last<V>> queued;
    private final int limit;
    private final List<Map.Entry<K, V>> found = new ArrayList<>();

    Merge(NavigableMap<K, Last<V>> queued, int limit) {
      this.queued = queued;
      this.limit = limit;
    }

    /** Adds a written record, and what is queued before it; returns whether more is needed. */
    boolean add(K key, V value) {
      while (!queued.isEmpty() && queued.comparator().compare(queued.firstKey(), key) < 0) {
        addQueued();
      }
      if (!queued.isEmpty() && queued.comparator().compare(queued.firstKey(), key) == 0) {
        addQueued();
      } else {
        add(Map.entry(key, value));
      }
      return found.size() < limit;
    }

    private void addQueued() {
      Map.Entry<K, Last<V>> first = queued.pollFirstEntry();
      V value = first.getValue().value();
      if (value != null) {
        add(Map.entry(first.getKey(), value));
      }
    }

    private void add(Map.Entry<K, V> entry) {
      if (found.size() < limit) {
        found.add(entry);
      }
    }

    List<Map.Entry<K, V>> finish() {
      while (!queued.isEmpty() && found.size() < limit) {
        addQueued();
      }
      return found;
    }
  }

  List<ContentRecord> contents(long from, int limit) {
    TreeMap<Long, Last<ContentRecord>> queued = new TreeMap<>(Comparator.naturalOrder());
    pending.contentsFrom(from, limit).forEach(each -> queued.put(each.getKey(), each.getValue()));
    Merge<Long, ContentRecord> merge = new Merge<>(queued, limit);
    if (limit > 0) {
      visit(
          tables.contents,
          key -> Keys.content(key, from),
          (reading, key, record) -> {
            long id = key.getLong(key.position());
            return merge.add(id, ContentRecords.readContent(reading.reader, key, record, id));
          });
    }
    return merge.finish().stream().map(Map.Entry::getValue).toList();
  }

  List<FileKey> files(FileKey from, int limit) {
    TreeMap<FileKey, Last<InodeRecord>> queued = new TreeMap<>(BY_KEY);
    for (Map.Entry<FileKey, Last<InodeRecord>> each : pending.inodes()) {
      if (BY_KEY.compare(from, each.getKey()) <= 0) {
        queued.put(each.getKey(), each.getValue());
      }
    }
    Merge<FileKey, InodeRecord> merge = new Merge<>(queued, limit);
    if (limit > 0) {
      visit(
          tables.inodes,
          key -> Keys.file(key, from),
          (reading, key, record) -> {
            FileKey file = Keys.readFile(key.duplicate());
            return merge.add(
                file, FileRecords.readInode(reading.reader, key, record, file, distrust.epoch()));
          });
    }
    return merge.finish().stream().map(Map.Entry::getKey).toList();
  }

  List<ListedName> names(FileKey directory, @Nullable Name after, int limit) {
    List<ListedName> found = new ArrayList<>();
    Name last = after;
    boolean more = limit > 0;
    while (more) {
      // Absent names are among what is read and not among what is returned.
      List<Map.Entry<Name, KnownName>> part = part(directory, last, limit);
      for (Map.Entry<Name, KnownName> each : part) {
        FileKey child = each.getValue().record().child();
        if (child != null && found.size() < limit) {
          found.add(
              new ListedName(
                  each.getKey(), child, each.getValue().inode(), each.getValue().record().type()));
        }
        last = each.getKey();
      }
      more = found.size() < limit && part.size() == limit;
    }
    return found;
  }

  private List<Map.Entry<Name, KnownName>> part(
      FileKey directory, @Nullable Name after, int limit) {
    PendingNames names = pending.names(directory);
    TreeMap<Name, Last<KnownName>> queued = new TreeMap<>(PendingNames.BY_NAME);
    if (names != null) {
      copy(names, after, limit, queued);
    }
    Merge<Name, KnownName> merge = new Merge<>(queued, limit);
    List<Change.OfNames.Entry> all = names == null ? null : names.allAfter(after);
    if (all != null) {
      for (int i = 0; i < all.size(); i++) {
        if (!merge.add(all.get(i).name(), all.get(i).known())) {
          break;
        }
      }
      return merge.finish();
    }
    visit(
        tables.names,
        key -> writeFirst(key, directory, after),
        (reading, key, record) -> {
          ByteBuffer rest = key.duplicate();
          FileKey of = Keys.readFile(rest);
          if (!of.equals(directory)) {
            return false;
          }
          Name name = Keys.readName(rest);
          return (after != null && name.equals(after))
              || merge.add(
                  name, FileRecords.readName(reading.reader, key, record, distrust.epoch()));
        });
    return merge.finish();
  }

  private static void writeFirst(ByteBuffer key, FileKey directory, @Nullable Name after) {
    if (after == null) {
      Keys.file(key, directory);
    } else {
      Keys.name(key, directory, after);
    }
  }

  private static void copy(
      PendingNames names, @Nullable Name after, int limit, Map<Name, Last<KnownName>> to) {
    int present = 0;
    for (Map.Entry<Name, Last<KnownName>> each : names.changesAfter(after).entrySet()) {
      if (present == limit) {
        break;
      }
      to.put(each.getKey(), each.getValue());
      present += each.getValue().value() == null ? 0 : 1;
    }
  }
}
