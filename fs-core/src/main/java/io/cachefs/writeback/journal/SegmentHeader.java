package io.cachefs.writeback.journal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The beginning of a segment. It is there twice, in pages of their own.
 *
 * @param salt random number of the journal
 * @param first number of the first frame in it
 * @param synced the highest number known to be synced when the segment was begun
 * @param previous checksum of the last frame before it
 */
record SegmentHeader(int version, int segment, long salt, long first, long synced, int previous) {
  static final int VERSION = 2;

  /** The bytes of one copy. */
  static final int PAGE = 4096;

  /** Where frames begin. */
  static final int BYTES = 2 * PAGE;

  /** The letters cachefsJ. */
  private static final long MAGIC = 0x4a73666568636163L;

  private static final int AT_CHECKSUM = 60;

  private static final String SUFFIX = ".journal";

  /** Returns the name of a segment. */
  static String nameOf(int segment) {
    return String.format("%08x%s", segment, SUFFIX);
  }

  /** Returns the number of the segment of that name, 0 if it is not one. */
  static int numberOf(String name) {
    if (!name.matches("[0-7][0-9a-f]{7}" + SUFFIX)) {
      return 0;
    }
    return Integer.parseInt(name, 0, name.length() - SUFFIX.length(), 16);
  }

  /** Returns both copies, in direct memory. */
  ByteBuffer encoded() {
    ByteBuffer bytes = ByteBuffer.allocateDirect(BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = 0; at < BYTES; at += PAGE) {
      bytes.putLong(at, MAGIC).putInt(at + 8, version).putInt(at + 12, segment);
      bytes.putLong(at + 16, salt).putLong(at + 24, first).putLong(at + 32, synced);
      bytes.putInt(at + 40, previous).putInt(at + AT_CHECKSUM, checksum(bytes, at));
    }
    return bytes;
  }

  /** Reads the copy at {@code at}; null if it does not fit. */
  static @Nullable SegmentHeader read(ByteBuffer bytes, int at) {
    bytes.order(ByteOrder.LITTLE_ENDIAN);
    if (at + AT_CHECKSUM + Integer.BYTES > bytes.limit()
        || bytes.getLong(at) != MAGIC
        || bytes.getInt(at + AT_CHECKSUM) != checksum(bytes, at)) {
      return null;
    }
    return new SegmentHeader(
        bytes.getInt(at + 8),
        bytes.getInt(at + 12),
        bytes.getLong(at + 16),
        bytes.getLong(at + 24),
        bytes.getLong(at + 32),
        bytes.getInt(at + 40));
  }

  private static int checksum(ByteBuffer bytes, int at) {
    CRC32C sum = new CRC32C();
    sum.update(bytes.duplicate().position(at).limit(at + AT_CHECKSUM));
    return (int) sum.getValue();
  }
}
