package io.cachefs.store.lmdb;

import io.cachefs.base.FileKey;
import io.cachefs.store.ContentRecord;
import io.cachefs.store.IndexAudit.Balance;
import io.cachefs.store.IndexAudit.Sums;
import io.cachefs.store.IndexAudit.Table;
import io.cachefs.store.format.ContentRecords;
import io.cachefs.store.format.DamagedRecordException;
import io.cachefs.store.format.FileRecords;
import io.cachefs.store.format.Keys;
import io.cachefs.store.format.RecordReader;
import io.cachefs.store.format.RecordWriter;
import io.cachefs.store.format.Totals;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.lmdbjava.Cursor;
import org.lmdbjava.Dbi;
import org.lmdbjava.GetOp;
import org.lmdbjava.Txn;

/** Puts changes into the tables and keeps the totals. Owned by the writer thread. */
final class Applier {
  private static final int FILES = 0;
  private static final int NAMES = 1;
  private static final int CONTENTS = 2;
  private static final int DAMAGED = 3;
  private static final int LAST = 4;
  private static final FileKey NO_FILE = new FileKey(0, 0, 0);

  private static final Comparator<Place> BY_PLACE =
      Comparator.comparingInt(Place::group)
          .thenComparingInt(place -> place.file.volume() + Integer.MIN_VALUE)
          .thenComparingLong(place -> place.file.inode() + Long.MIN_VALUE)
          .thenComparingLong(place -> place.file.generation() + Long.MIN_VALUE)
          .thenComparingLong(Place::id);

  private final Tables tables;
  private final RecordWriter out = new RecordWriter();
  private final RecordReader in = new RecordReader();
  private final ByteBuffer key = ByteBuffer.allocateDirect(Keys.MAX_SIZE);

  // Of the transaction that is open.
  private long epoch;
  private long nextId;
  private long contents;
  private long contentBytes;
  private long pinnedBytes;
  private long files;
  private long names;

  Applier(Tables tables) {
    this.tables = tables;
  }

  /** Where in the tables a change belongs; changes of one place keep their order. */
  private record Place(int group, FileKey file, long id, Change change) {
    static void add(Change change, List<Place> to) {
      if (change instanceof Change.Together of) {
        of.changes().forEach(each -> add(each, to));
      } else if (change instanceof Change.OfInode of) {
        to.add(new Place(FILES, of.file(), 0, change));
      } else if (change instanceof Change.OfXattrs of) {
        to.add(new Place(FILES, of.file(), 0, change));
      } else if (change instanceof Change.OfName of) {
        to.add(new Place(NAMES, of.directory(), 0, change));
      } else if (change instanceof Change.OfNames of) {
        to.add(new Place(NAMES, of.directory(), 0, change));
      } else if (change instanceof Change.OfContent of) {
        to.add(new Place(CONTENTS, NO_FILE, of.id(), change));
      } else if (change instanceof Change.OfInline of) {
        to.add(new Place(CONTENTS, NO_FILE, of.id(), change));
      } else if (change instanceof Change.OfBlocks of) {
        to.add(new Place(CONTENTS, NO_FILE, of.id(), change));
      } else if (change instanceof Change.OfDamaged) {
        to.add(new Place(DAMAGED, NO_FILE, 0, change));
      } else if (change instanceof Change.OfRecount) {
        to.add(new Place(LAST, NO_FILE, 0, change));
      }
    }
  }

  /** Applies changes in the order of their keys, which fills pages best, and returns the totals. */
  Totals apply(Txn<ByteBuffer> txn, List<Change> changes, Totals before) {
    epoch = before.epoch();
    contents = before.contents();
    contentBytes = before.contentBytes();
    pinnedBytes = before.pinnedBytes();
    files = before.files();
    names = before.names();
    nextId = before.nextContentId();
    List<Place> places = new ArrayList<>(changes.size());
    changes.forEach(change -> Place.add(change, places));
    places.sort(BY_PLACE);
    for (int i = 0; i < places.size(); i++) {
      Change change = places.get(i).change;
      if (i + 1 == places.size() || !isReplaced(change, places.get(i + 1).change)) {
        apply(txn, change);
      }
    }
    Totals after =
        new Totals(
            before.formatVersion(),
            epoch,
            before.nextContentId(),
            contents,
            contentBytes,
            pinnedBytes,
            files,
            names);
    ByteBuffer totalsKey = key.clear().put(Totals.KEY_BYTE).flip();
    Totals.write(out, totalsKey, after);
    put(txn, tables.totals);
    return after;
  }

  private static boolean isReplaced(Change change, Change next) {
    if (change instanceof Change.OfInode one && next instanceof Change.OfInode other) {
      return one.record() != null && one.file().equals(other.file());
    }
    return change instanceof Change.OfContent one
        && next instanceof Change.OfContent other
        && one.record() != null
        && one.id() == other.id();
  }

  private void apply(Txn<ByteBuffer> txn, Change change) {
    key.clear();
    if (change instanceof Change.OfInode of) {
      Keys.file(key, of.file());
      applyInode(txn, of);
    } else if (change instanceof Change.OfXattrs of) {
      Keys.file(key, of.file());
      applyXattrs(txn, of);
    } else if (change instanceof Change.OfName of) {
      Keys.name(key, of.directory(), of.name());
      applyName(txn, of);
    } else if (change instanceof Change.OfNames of) {
      Keys.file(key, of.directory());
      applyNames(txn, of);
    } else if (change instanceof Change.OfContent of) {
      Keys.content(key, of.id());
      applyContent(txn, of);
    } else if (change instanceof Change.OfInline of) {
      Keys.content(key, of.id());
      ContentRecords.writeInline(out, key.flip(), of.data());
      put(txn, tables.inline);
    } else if (change instanceof Change.OfBlocks of) {
      Keys.blocks(key, of.id(), of.group());
      ContentRecords.write(out, key.flip(), of.blocks());
      put(txn, tables.blocks);
    } else if (change instanceof Change.OfDamaged of) {
      removeDamaged(txn, of.table());
    } else if (change instanceof Change.OfRecount of) {
      recount(txn, of);
    }
  }

  private void removeDamaged(Txn<ByteBuffer> txn, Table table) {
    int count = 0;
    try (Cursor<ByteBuffer> cursor = tables.of(table).openCursor(txn)) {
      for (boolean found = cursor.first(); found; found = cursor.next()) {
        if (Rows.row(in, table, cursor.key(), cursor.val(), epoch).damage() != null) {
          // By its place, because its key may be wrong; then the next one stands there.
          cursor.delete();
          count++;
        }
      }
    }
    files -= table == Table.INODES ? count : 0;
    names -= table == Table.NAMES ? count : 0;
    contents -= table == Table.CONTENTS ? count : 0;
  }

  private void recount(Txn<ByteBuffer> txn, Change.OfRecount of) {
    Sums counted = Rows.count(tables, txn, in);
    of.found()
        .set(
            new Balance(
                new Sums(contents, contentBytes, pinnedBytes, files, names, nextId), counted));
    contents = counted.contents();
    contentBytes = counted.contentBytes();
    pinnedBytes = counted.pinnedBytes();
    files = counted.files();
    names = counted.names();
  }

  private void applyInode(Txn<ByteBuffer> txn, Change.OfInode of) {
    key.flip();
    boolean known = tables.inodes.get(txn, key) != null;
    if (of.record() == null) {
      if (known) {
        tables.inodes.delete(txn, key);
        files--;
      }
      tables.xattrs.delete(txn, key);
      return;
    }
    FileRecords.write(out, key, of.file(), of.record(), epoch);
    put(txn, tables.inodes);
    files += known ? 0 : 1;
  }

  private void applyXattrs(Txn<ByteBuffer> txn, Change.OfXattrs of) {
    key.flip();
    if (of.record() == null) {
      tables.xattrs.delete(txn, key);
      return;
    }
    FileRecords.write(out, key, of.record());
    put(txn, tables.xattrs);
  }

  private void applyName(Txn<ByteBuffer> txn, Change.OfName of) {
    key.flip();
    boolean known = tables.names.get(txn, key) != null;
    if (of.known() == null) {
      if (known) {
        tables.names.delete(txn, key);
        names--;
      }
      return;
    }
    FileRecords.write(out, key, of.known(), epoch);
    put(txn, tables.names);
    names += known ? 0 : 1;
  }

  private void applyNames(Txn<ByteBuffer> txn, Change.OfNames of) {
    names -= deleteFrom(txn, tables.names);
    int prefix = key.limit();
    for (Change.OfNames.Entry entry : of.names()) {
      key.clear().position(prefix);
      key.put(entry.name().terminated(), 0, entry.name().length());
      FileRecords.write(out, key.flip(), entry.known(), epoch);
      put(txn, tables.names);
      names++;
    }
  }

  /** Deletes every record whose key begins with what is in {@link #key}; flips it. */
  private int deleteFrom(Txn<ByteBuffer> txn, Dbi<ByteBuffer> table) {
    key.flip();
    int count = 0;
    try (Cursor<ByteBuffer> cursor = table.openCursor(txn)) {
      boolean found = cursor.get(key, GetOp.MDB_SET_RANGE);
      while (found && Tables.startsWith(cursor.key(), key)) {
        cursor.delete();
        count++;
        // The next one has moved to where the cursor stands.
        found = cursor.next();
      }
    }
    return count;
  }

  private void applyContent(Txn<ByteBuffer> txn, Change.OfContent of) {
    key.flip();
    ByteBuffer old = tables.contents.get(txn, key);
    if (old != null) {
      contents--;
      try {
        count(ContentRecords.readContent(in, key, old, of.id()), -1);
      } catch (DamagedRecordException e) {
        // What it was charged with is not known any more; an examination counts anew.
        assert e.getMessage() != null;
      }
    }
    if (of.record() != null) {
      ContentRecords.write(out, key, of.record());
      put(txn, tables.contents);
      contents++;
      count(of.record(), 1);
      return;
    }
    if (old != null) {
      tables.contents.delete(txn, key);
    }
    tables.inline.delete(txn, key);
    key.clear().position(Long.BYTES);
    deleteFrom(txn, tables.blocks);
  }

  private void count(ContentRecord content, int sign) {
    contentBytes += sign * content.storedBytes();
    if ((content.flags() & ContentRecord.PINNED) != 0) {
      pinnedBytes += sign * content.storedBytes();
    }
  }

  private void put(Txn<ByteBuffer> txn, Dbi<ByteBuffer> table) {
    out.copyTo(table.reserve(txn, key, out.length()));
  }
}
