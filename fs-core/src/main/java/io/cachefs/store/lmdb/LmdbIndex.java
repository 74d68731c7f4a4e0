package io.cachefs.store.lmdb;

import io.cachefs.base.FileKey;
import io.cachefs.base.Name;
import io.cachefs.store.BlockGroup;
import io.cachefs.store.ContentRecord;
import io.cachefs.store.Index;
import io.cachefs.store.IndexAudit;
import io.cachefs.store.InodeRecord;
import io.cachefs.store.ListedName;
import io.cachefs.store.NameRecord;
import io.cachefs.store.StoreException;
import io.cachefs.store.XattrRecord;
import io.cachefs.store.format.ContentRecords;
import io.cachefs.store.format.DamagedRecordException;
import io.cachefs.store.format.FileRecords;
import io.cachefs.store.format.Keys;
import io.cachefs.store.format.KnownName;
import io.cachefs.store.format.Totals;
import io.cachefs.store.lmdb.Pending.Last;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.lmdbjava.Dbi;
import org.lmdbjava.LmdbException;

/** An index in LMDB. Made by {@link IndexOpener}. */
public final class LmdbIndex implements Index {
  // Given at construction, never changes.
  private final Tables tables;
  private final ReadPool pool;
  private final Pending pending = new Pending();
  private final Writer writer;
  private final Distrust distrust;
  private final CloseMark closeMark;
  private final Ranges ranges;
  private final Audit audit;

  // State. Atomic.
  private final AtomicLong nextId;
  private final AtomicLong damaged = new AtomicLong();
  private final AtomicBoolean closed = new AtomicBoolean();

  LmdbIndex(
      Tables tables, Totals totals, Distrust distrust, CloseMark closeMark, LongSupplier nanos) {
    this.tables = tables;
    this.distrust = distrust;
    this.closeMark = closeMark;
    nextId = new AtomicLong(totals.nextContentId());
    pool = new ReadPool(tables.env);
    ranges = new Ranges(tables, pool, pending, distrust, damaged);
    writer = new Writer(tables, totals, pending, distrust, nextId, nanos);
    audit = new Audit(tables, pool, writer, distrust, nextId);
    writer.start();
    // From now on a crash is seen.
    writer.hand(new Change.OfTotals());
  }

  /** Decodes a record while its transaction is open. */
  private interface Decoder<T> {
    T decode(Reading reading, ByteBuffer key, ByteBuffer record) throws DamagedRecordException;
  }

  /** Writes a key. */
  private interface KeyWriter {
    void write(ByteBuffer key);
  }

  private <T> @Nullable T read(Dbi<ByteBuffer> table, KeyWriter keyWriter, Decoder<T> decoder) {
    Reading reading = pool.begin();
    if (reading == null) {
      return null;
    }
    try {
      ByteBuffer key = reading.key();
      keyWriter.write(key);
      ByteBuffer record = table.get(reading.txn, key.flip());
      return record == null ? null : decoder.decode(reading, key, record);
    } catch (DamagedRecordException | LmdbException e) {
      // Absent is what a reader has to make of it, and the number is what people are told.
      damaged.incrementAndGet();
      return null;
    } finally {
      pool.end(reading);
    }
  }

  @Override
  public @Nullable InodeRecord inode(FileKey file) {
    Last<InodeRecord> last = pending.inode(file);
    if (last != null) {
      return last.value();
    }
    return read(
        tables.inodes,
        key -> Keys.file(key, file),
        (reading, key, record) ->
            FileRecords.readInode(reading.reader, key, record, file, distrust.epoch()));
  }

  @Override
  public void putInode(FileKey file, InodeRecord inode) {
    writer.hand(new Change.OfInode(file, inode));
  }

  @Override
  public void removeInode(FileKey file) {
    writer.hand(new Change.OfInode(file, null));
  }

  @Override
  public @Nullable NameRecord name(FileKey directory, Name name) {
    Last<KnownName> last = pending.name(directory, name);
    if (last != null) {
      KnownName known = last.value();
      return known == null ? null : known.record();
    }
    return read(
        tables.names,
        key -> Keys.name(key, directory, name),
        (reading, key, record) ->
            FileRecords.readName(reading.reader, key, record, distrust.epoch()).record());
  }

  @Override
  public void putName(FileKey directory, Name name, NameRecord record) {
    writer.hand(new Change.OfName(directory, name, KnownName.of(record)));
  }

  @Override
  public void removeName(FileKey directory, Name name) {
    writer.hand(new Change.OfName(directory, name, null));
  }

  @Override
  public List<ListedName> names(FileKey directory, @Nullable Name after, int limit) {
    return ranges.names(directory, after, limit);
  }

  @Override
  public void putListing(
      FileKey directory, InodeRecord record, List<ListedName> names, long atMillis) {
    List<Change.OfNames.Entry> entries = new ArrayList<>(names.size());
    for (ListedName each : names) {
      entries.add(new Change.OfNames.Entry(each.name(), KnownName.of(each, atMillis)));
    }
    PendingNames.sort(entries);
    writer.hand(
        new Change.Together(
            List.of(
                new Change.OfNames(directory, entries), new Change.OfInode(directory, record))));
  }

  @Override
  public void removeNames(FileKey directory) {
    writer.hand(new Change.OfNames(directory, List.of()));
  }

  @Override
  public @Nullable XattrRecord xattrs(FileKey file) {
    Last<XattrRecord> last = pending.xattrs(file);
    if (last != null) {
      return last.value();
    }
    return read(
        tables.xattrs,
        key -> Keys.file(key, file),
        (reading, key, record) -> FileRecords.readXattrs(reading.reader, key, record));
  }

  @Override
  public void putXattrs(FileKey file, XattrRecord record) {
    writer.hand(new Change.OfXattrs(file, record));
  }

  @Override
  public long newContentId() {
    long id = nextId.getAndIncrement();
    if (id % (Writer.ID_LEAP / 2) == 0) {
      // Sets aside the next leap before this one is used up.
      writer.hand(new Change.OfTotals());
    }
    return id;
  }

  @Override
  public @Nullable ContentRecord content(long id) {
    Last<ContentRecord> last = pending.content(id);
    if (last != null) {
      return last.value();
    }
    return read(
        tables.contents,
        key -> Keys.content(key, id),
        (reading, key, record) -> ContentRecords.readContent(reading.reader, key, record, id));
  }

  @Override
  public void putContent(ContentRecord content) {
    writer.hand(new Change.OfContent(content.id(), content));
  }

  @Override
  public byte @Nullable [] inline(long id) {
    Last<byte[]> last = pending.inline(id);
    if (last != null) {
      byte[] data = last.value();
      return data == null ? null : data.clone();
    }
    return read(
        tables.inline,
        key -> Keys.content(key, id),
        (reading, key, record) -> ContentRecords.readInline(reading.reader, key, record));
  }

  @Override
  public void putInline(long id, byte[] data) {
    writer.hand(new Change.OfInline(id, data.clone()));
  }

  @Override
  public @Nullable BlockGroup blocks(long id, int group) {
    Last<BlockGroup> last = pending.blocks(id, group);
    if (last != null) {
      BlockGroup known = last.value();
      return known == null ? null : known.copy();
    }
    return read(
        tables.blocks,
        key -> Keys.blocks(key, id, group),
        (reading, key, record) -> ContentRecords.readBlocks(reading.reader, key, record));
  }

  @Override
  public void putBlocks(long id, int group, BlockGroup blocks) {
    writer.hand(new Change.OfBlocks(id, group, blocks));
  }

  @Override
  public void removeContent(long id) {
    writer.hand(new Change.OfContent(id, null));
  }

  @Override
  public List<ContentRecord> contentsFrom(long from, int limit) {
    return ranges.contents(from, limit);
  }

  @Override
  public List<FileKey> filesFrom(FileKey from, int limit) {
    return ranges.files(from, limit);
  }

  @Override
  public void flush() throws StoreException {
    writer.await(false);
  }

  @Override
  public void sync() throws StoreException {
    writer.await(true);
  }

  /** Returns what a check needs. */
  public IndexAudit audit() {
    return audit;
  }

  @Override
  public Status status() {
    Totals totals = writer.totals();
    return new Status(
        writer.usedBytes(),
        writer.reusableBytes(),
        tables.mapBytes,
        totals.contents(),
        totals.contentBytes(),
        totals.pinnedBytes(),
        totals.files(),
        totals.names(),
        damaged.get(),
        writer.dropped(),
        writer.failure());
  }

  @Override
  public void close() {
    if (closed.getAndSet(true)) {
      return;
    }
    boolean complete = writer.close();
    pool.close();
    tables.close();
    if (complete) {
      closeMark.set();
    }
  }
}
