package io.cachefs.store.lmdb;

import io.cachefs.store.StoreException;
import io.cachefs.store.format.DamagedRecordException;
import io.cachefs.store.format.FormatVersion;
import io.cachefs.store.format.RecordReader;
import io.cachefs.store.format.Totals;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.lmdbjava.Dbi;
import org.lmdbjava.Env;
import org.lmdbjava.LmdbException;
import org.lmdbjava.LmdbNativeException;
import org.lmdbjava.Txn;

/** Opens an index, or makes a new one in place of one that is missing or damaged. */
public final class IndexOpener {
  /** Large enough for some hundred million files; only what is used takes space. */
  public static final long DEFAULT_MAP_BYTES = 64L << 30;

  /** After a crash ids go on so far behind what was noted; no more than that were in use. */
  private static final long CRASH_LEAP = 1 << 20;

  /** Ids of an index that knows of no earlier one begin at so many for each second since 1970. */
  private static final int IDS_PER_SECOND_BITS = 22;

  private final Path directory;
  private final long mapBytes;
  private final InstantSource time;
  private final LongSupplier nanos;
  private final CloseMark closeMark;

  private IndexOpener(Path directory, long mapBytes, InstantSource time, LongSupplier nanos) {
    this.directory = directory;
    this.mapBytes = mapBytes;
    this.time = time;
    this.nanos = nanos;
    closeMark = new CloseMark(directory);
  }

  /**
   * An index that is open.
   *
   * @param orderly whether it was closed in order; an index that is new was not
   * @param rebuilt why the one that was there could not be used and was given up, or null
   */
  public record OpenedIndex(LmdbIndex index, boolean orderly, @Nullable String rebuilt) {}

  /**
   * Opens the index in a directory, which is made if it is missing.
   *
   * @param mapBytes how large it may grow
   * @param time for content ids of a new index
   * @param nanos ticks for retries
   */
  public static OpenedIndex open(
      Path directory, long mapBytes, InstantSource time, LongSupplier nanos) throws StoreException {
    try {
      Files.createDirectories(directory);
      return new IndexOpener(directory, mapBytes, time, nanos).open();
    } catch (IOException | LmdbException e) {
      throw new StoreException("cannot open the index in " + directory + ": " + e.getMessage(), e);
    }
  }

  /** Returns what is wrong with the structure of the file in a directory, or null. */
  public static @Nullable String damageOf(Path directory) throws StoreException {
    Path data = directory.resolve(Tables.DATA);
    try {
      return Files.exists(data) ? IndexCheck.damageOf(data) : null;
    } catch (IOException e) {
      throw new StoreException("cannot read the index in " + directory + ": " + e.getMessage(), e);
    }
  }

  /**
   * Opens an index whose structure is right; null if there is none or if it cannot be used, which
   * {@link #open} would make a new one for.
   */
  public static @Nullable OpenedIndex openExisting(
      Path directory, long mapBytes, InstantSource time, LongSupplier nanos) throws StoreException {
    try {
      if (!Files.exists(directory.resolve(Tables.DATA))) {
        return null;
      }
      NativeLibrary.useDirectory(directory);
      Files.deleteIfExists(directory.resolve(Tables.LOCK));
      IndexOpener opener = new IndexOpener(directory, mapBytes, time, nanos);
      boolean closed = opener.closeMark.fits();
      LmdbIndex index = opener.openExisting(closed);
      NativeLibrary.removeCopies(directory);
      return index == null ? null : new OpenedIndex(index, closed, null);
    } catch (IOException | LmdbException e) {
      throw new StoreException("cannot open the index in " + directory + ": " + e.getMessage(), e);
    }
  }

  /** Lets the next opening take the index for one that was not closed in order. */
  public static void distrustEnd(Path directory) throws StoreException {
    try {
      new CloseMark(directory).clear();
    } catch (IOException e) {
      throw new StoreException("cannot change " + directory + ": " + e.getMessage(), e);
    }
  }

  private OpenedIndex open() throws IOException {
    NativeLibrary.useDirectory(directory);
    OpenedIndex opened = openChecked();
    NativeLibrary.removeCopies(directory);
    return opened;
  }

  private OpenedIndex openChecked() throws IOException {
    // Nobody else has it open, so nothing in it is of use.
    Files.deleteIfExists(directory.resolve(Tables.LOCK));
    Path data = directory.resolve(Tables.DATA);
    boolean closed = closeMark.fits();
    String damage = null;
    if (Files.exists(data)) {
      damage = closed ? null : IndexCheck.damageOf(data);
      if (damage == null) {
        LmdbIndex index = openExisting(closed);
        if (index != null) {
          return new OpenedIndex(index, closed, null);
        }
        damage = "damaged: its totals cannot be read";
      }
      Files.delete(data);
    }
    closeMark.clear();
    return new OpenedIndex(openNew(), false, damage);
  }

  private @Nullable LmdbIndex openExisting(boolean closed) throws IOException {
    closeMark.clear();
    Tables tables;
    try {
      tables = Tables.open(directory, mapBytes);
    } catch (Env.FileInvalidException
        | Env.VersionMismatchException
        | Dbi.IncompatibleException
        | LmdbNativeException.PageCorruptedException e) {
      return null;
    }
    Totals totals = readTotals(tables);
    if (totals == null || totals.formatVersion() < FormatVersion.INDEX) {
      tables.close();
      return null;
    }
    if (totals.formatVersion() > FormatVersion.INDEX) {
      tables.close();
      throw new IOException("it has the newer format " + totals.formatVersion());
    }
    // Without an orderly end the last changes may be lost, those of our own files among them: they
    // waited for the thread that writes, or the system had not written them yet.
    Distrust distrust = new Distrust(directory, totals.epoch(), !closed);
    long firstId = totals.nextContentId() + (closed ? 0 : CRASH_LEAP);
    return new LmdbIndex(tables, with(totals, firstId), distrust, closeMark, nanos);
  }

  private static @Nullable Totals readTotals(Tables tables) {
    ByteBuffer key = ByteBuffer.allocateDirect(1).put(Totals.KEY_BYTE).flip();
    try (Txn<ByteBuffer> txn = tables.env.txnRead()) {
      ByteBuffer record = tables.totals.get(txn, key);
      return record == null ? null : Totals.read(new RecordReader(), key, record);
    } catch (DamagedRecordException e) {
      return null;
    }
  }

  private static Totals with(Totals totals, long firstId) {
    return new Totals(
        totals.formatVersion(),
        totals.epoch(),
        firstId,
        totals.contents(),
        totals.contentBytes(),
        totals.pinnedBytes(),
        totals.files(),
        totals.names());
  }

  private LmdbIndex openNew() throws IOException {
    Tables tables = Tables.open(directory, mapBytes);
    long firstId = time.instant().getEpochSecond() << IDS_PER_SECOND_BITS;
    Totals totals = new Totals(FormatVersion.INDEX, 0, Math.max(1, firstId), 0, 0, 0, 0, 0);
    return new LmdbIndex(tables, totals, new Distrust(directory, 0, false), closeMark, nanos);
  }
}
