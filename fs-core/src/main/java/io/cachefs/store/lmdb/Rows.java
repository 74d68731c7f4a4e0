package io.cachefs.store.lmdb;

import io.cachefs.base.FileKey;
import io.cachefs.base.Name;
import io.cachefs.store.ContentRecord;
import io.cachefs.store.IndexAudit.Row;
import io.cachefs.store.IndexAudit.Sums;
import io.cachefs.store.IndexAudit.Table;
import io.cachefs.store.format.ContentRecords;
import io.cachefs.store.format.DamagedRecordException;
import io.cachefs.store.format.FileRecords;
import io.cachefs.store.format.Keys;
import io.cachefs.store.format.RecordReader;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.lmdbjava.Cursor;
import org.lmdbjava.Txn;

/** Takes written records apart for a check, and counts them. */
final class Rows {
  private Rows() {}

  /** Returns a record with what is wrong with it, if anything is. */
  static Row row(RecordReader in, Table table, ByteBuffer key, ByteBuffer record, long epoch) {
    byte[] raw = new byte[key.remaining()];
    key.duplicate().get(raw);
    FileKey file = null;
    Name name = null;
    long id = 0;
    int group = 0;
    try {
      ByteBuffer rest = key.duplicate();
      if (table == Table.CONTENTS || table == Table.INLINE || table == Table.BLOCKS) {
        int length = table == Table.BLOCKS ? Long.BYTES + Integer.BYTES : Long.BYTES;
        if (raw.length != length) {
          throw new DamagedRecordException("not the key of a content");
        }
        id = rest.getLong();
        group = table == Table.BLOCKS ? rest.getInt() : 0;
      } else {
        file = Keys.readFile(rest);
        name = table == Table.NAMES ? Keys.readName(rest) : null;
      }
      Object value =
          switch (table) {
            case CONTENTS -> ContentRecords.readContent(in, key, record, id);
            case INLINE -> ContentRecords.readInline(in, key, record);
            case BLOCKS -> ContentRecords.readBlocks(in, key, record);
            case INODES -> FileRecords.readInode(in, key, record, file(file), epoch);
            case NAMES -> FileRecords.readName(in, key, record, epoch).record();
            case XATTRS -> FileRecords.readXattrs(in, key, record);
          };
      return new Row(raw, file, name, id, group, value, null);
    } catch (DamagedRecordException e) {
      return new Row(raw, file, name, id, group, null, e.getMessage());
    }
  }

  private static FileKey file(@Nullable FileKey file) throws DamagedRecordException {
    if (file == null) {
      throw new DamagedRecordException("not the key of a file");
    }
    return file;
  }

  /** Returns what the records say, as a transaction sees them. */
  static Sums count(Tables tables, Txn<ByteBuffer> txn, RecordReader in) {
    long bytes = 0;
    long pinned = 0;
    long nextId = 0;
    try (Cursor<ByteBuffer> cursor = tables.contents.openCursor(txn)) {
      for (boolean found = cursor.first(); found; found = cursor.next()) {
        Row row = row(in, Table.CONTENTS, cursor.key(), cursor.val(), 0);
        if (row.value() instanceof ContentRecord content) {
          bytes += content.storedBytes();
          boolean isPinned = (content.flags() & ContentRecord.PINNED) != 0;
          pinned += isPinned ? content.storedBytes() : 0;
          nextId = content.id() + 1;
        }
      }
    }
    return new Sums(
        tables.contents.stat(txn).entries,
        bytes,
        pinned,
        tables.inodes.stat(txn).entries,
        tables.names.stat(txn).entries,
        nextId);
  }
}
