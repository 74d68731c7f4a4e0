package io.cachefs.store.format;

import io.cachefs.base.Timestamp;
import io.cachefs.base.Version;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** Takes a record apart. Used again and again by one thread. */
public final class RecordReader {
  private static final int CHECKSUM_SIZE = 4;

  private final CRC32C checksum = new CRC32C();
  private ByteBuffer bytes = ByteBuffer.allocate(0);

  /** Begins with a record of the kind {@code tag}, after its checksum was found right. */
  RecordReader start(char tag, ByteBuffer key, ByteBuffer record) throws DamagedRecordException {
    int length = record.remaining() - CHECKSUM_SIZE;
    if (length < 0) {
      throw new DamagedRecordException("shorter than its checksum");
    }
    int end = record.position() + length;
    checksum.reset();
    checksum.update(tag);
    int keyPosition = key.position();
    checksum.update(key);
    key.position(keyPosition);
    int begin = record.position();
    int limit = record.limit();
    record.limit(end);
    checksum.update(record);
    record.limit(limit).position(begin);
    if (record.getInt(end) != (int) checksum.getValue()) {
      throw new DamagedRecordException("checksum");
    }
    record.limit(end);
    bytes = record;
    return this;
  }

  private void need(int count) throws DamagedRecordException {
    if (count < 0 || bytes.remaining() < count) {
      throw new DamagedRecordException("cut off");
    }
  }

  int remaining() {
    return bytes.remaining();
  }

  int u8() throws DamagedRecordException {
    need(1);
    return bytes.get() & 0xff;
  }

  int u16() throws DamagedRecordException {
    return u8() << 8 | u8();
  }

  int u32() throws DamagedRecordException {
    return u16() << 16 | u16();
  }

  long u64() throws DamagedRecordException {
    return (long) u32() << 32 | Integer.toUnsignedLong(u32());
  }

  long unsigned() throws DamagedRecordException {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      int next = u8();
      value |= (long) (next & 0x7f) << shift;
      if (next < 0x80) {
        return value;
      }
    }
    throw new DamagedRecordException("number of more than 64 bits");
  }

  int unsigned32() throws DamagedRecordException {
    return (int) unsigned();
  }

  long signed() throws DamagedRecordException {
    long value = unsigned();
    return value >>> 1 ^ -(value & 1);
  }

  byte[] raw(int count) throws DamagedRecordException {
    need(count);
    byte[] data = new byte[count];
    bytes.get(data);
    return data;
  }

  byte[] counted() throws DamagedRecordException {
    return raw(unsigned32());
  }

  Timestamp time() throws DamagedRecordException {
    return new Timestamp(signed(), u32());
  }

  Timestamp timeNear(Timestamp known) throws DamagedRecordException {
    long seconds = signed() + known.seconds();
    long nanos = signed() + known.nanos();
    return seconds == known.seconds() && nanos == known.nanos()
        ? known
        : new Timestamp(seconds, (int) nanos);
  }

  Version version() throws DamagedRecordException {
    long size = signed();
    Timestamp changed = time();
    return new Version(size, timeNear(changed), changed);
  }

  void end() throws DamagedRecordException {
    if (bytes.hasRemaining()) {
      throw new DamagedRecordException("longer than what it says");
    }
  }
}
