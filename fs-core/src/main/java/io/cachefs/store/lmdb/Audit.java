package io.cachefs.store.lmdb;

import io.cachefs.store.IndexAudit;
import io.cachefs.store.StoreException;
import io.cachefs.store.format.DamagedRecordException;
import io.cachefs.store.format.Totals;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.lmdbjava.Cursor;
import org.lmdbjava.Dbi;
import org.lmdbjava.GetOp;

/** Goes through what is written. A transaction is open for a few records only. Thread-safe. */
final class Audit implements IndexAudit {
  private static final Sums NOTHING = new Sums(0, 0, 0, 0, 0, 0);

  private final Tables tables;
  private final ReadPool pool;
  private final Writer writer;
  private final Distrust distrust;
  private final AtomicLong nextId;

  Audit(Tables tables, ReadPool pool, Writer writer, Distrust distrust, AtomicLong nextId) {
    this.tables = tables;
    this.pool = pool;
    this.writer = writer;
    this.distrust = distrust;
    this.nextId = nextId;
  }

  @Override
  public List<Row> rows(Table table, byte @Nullable [] after, int limit) {
    List<Row> rows = new ArrayList<>();
    Reading reading = pool.begin();
    if (reading == null) {
      return rows;
    }
    Dbi<ByteBuffer> of = tables.of(table);
    try (Cursor<ByteBuffer> cursor = of.openCursor(reading.txn)) {
      boolean found = after == null ? cursor.first() : goAfter(cursor, after);
      while (found && rows.size() < limit) {
        rows.add(Rows.row(reading.reader, table, cursor.key(), cursor.val(), distrust.epoch()));
        found = cursor.next();
      }
    } finally {
      pool.end(reading);
    }
    return rows;
  }

  /** Goes on also where a damaged key is out of order, so that no walk turns in a circle. */
  private static boolean goAfter(Cursor<ByteBuffer> cursor, byte[] after) {
    ByteBuffer key = ByteBuffer.allocateDirect(after.length).put(after).flip();
    boolean found = cursor.get(key, GetOp.MDB_SET_RANGE);
    while (found && Arrays.compareUnsigned(bytes(cursor.key()), after) <= 0) {
      found = cursor.next();
    }
    return found;
  }

  private static byte[] bytes(ByteBuffer key) {
    byte[] bytes = new byte[key.remaining()];
    key.duplicate().get(bytes);
    return bytes;
  }

  @Override
  public Balance balance() {
    Reading reading = pool.begin();
    if (reading == null) {
      return new Balance(NOTHING, NOTHING);
    }
    try {
      ByteBuffer key = reading.key().put(Totals.KEY_BYTE).flip();
      ByteBuffer record = tables.totals.get(reading.txn, key);
      Sums noted = NOTHING;
      if (record != null) {
        noted = sums(Totals.read(reading.reader, key, record));
      }
      return new Balance(noted, Rows.count(tables, reading.txn, reading.reader));
    } catch (DamagedRecordException e) {
      return new Balance(NOTHING, Rows.count(tables, reading.txn, reading.reader));
    } finally {
      pool.end(reading);
    }
  }

  static Sums sums(Totals totals) {
    return new Sums(
        totals.contents(),
        totals.contentBytes(),
        totals.pinnedBytes(),
        totals.files(),
        totals.names(),
        totals.nextContentId());
  }

  @Override
  public void removeDamaged(Table table) {
    writer.hand(new Change.OfDamaged(table));
  }

  @Override
  public Balance recount() throws StoreException {
    AtomicReference<@Nullable Balance> found = new AtomicReference<>();
    writer.hand(new Change.OfRecount(found));
    writer.await(false);
    Balance balance = found.get();
    if (balance == null) {
      throw new StoreException("the index was not written");
    }
    if (balance.noted().nextId() < balance.counted().nextId()) {
      nextId.accumulateAndGet(balance.counted().nextId(), Math::max);
      writer.hand(new Change.OfTotals());
      writer.await(false);
    }
    return balance;
  }
}
