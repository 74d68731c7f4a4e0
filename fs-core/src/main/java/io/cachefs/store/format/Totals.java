package io.cachefs.store.format;

import java.nio.ByteBuffer;

/**
 * What is true of an index as a whole. It is written with every change, so that nothing has to be
 * counted when an index is opened.
 *
 * @param formatVersion see {@link FormatVersion#INDEX}
 * @param epoch see {@link FileRecords}
 * @param nextContentId ids from this on were never used, if the index was closed
 */
public record Totals(
    int formatVersion,
    long epoch,
    long nextContentId,
    long contents,
    long contentBytes,
    long pinnedBytes,
    long files,
    long names) {

  /** The key of the only record of its table. */
  public static final byte KEY_BYTE = 'T';

  private static final char KIND = 't';

  public static void write(RecordWriter out, ByteBuffer key, Totals totals) {
    out.start(KIND).u32(totals.formatVersion);
    out.u64(totals.epoch);
    out.u64(totals.nextContentId);
    out.u64(totals.contents);
    out.u64(totals.contentBytes);
    out.u64(totals.pinnedBytes);
    out.u64(totals.files);
    out.u64(totals.names);
    out.seal(key);
  }

  public static Totals read(RecordReader in, ByteBuffer key, ByteBuffer record)
      throws DamagedRecordException {
    in.start(KIND, key, record);
    Totals totals =
        new Totals(in.u32(), in.u64(), in.u64(), in.u64(), in.u64(), in.u64(), in.u64(), in.u64());
    in.end();
    return totals;
  }
}
