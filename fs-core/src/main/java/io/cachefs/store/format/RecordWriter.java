package io.cachefs.store.format;

import io.cachefs.base.Timestamp;
import io.cachefs.base.Version;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;

/** Puts a record together. Used again and again by one thread. */
public final class RecordWriter {
  private final CRC32C checksum = new CRC32C();
  private byte[] bytes = new byte[512];
  private int length;
  private char kind;

  /** Forgets what was written and begins with a record of the kind {@code tag}. */
  RecordWriter start(char tag) {
    length = 0;
    kind = tag;
    return this;
  }

  private void reserve(int count) {
    if (bytes.length - length < count) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + count));
    }
  }

  void u8(int value) {
    reserve(1);
    bytes[length++] = (byte) value;
  }

  void u16(int value) {
    u8(value >>> 8);
    u8(value);
  }

  void u32(int value) {
    u16(value >>> 16);
    u16(value);
  }

  void u64(long value) {
    u32((int) (value >>> 32));
    u32((int) value);
  }

  /** Writes seven bits a byte, lowest first, the top bit telling that more follow. */
  void unsigned(long value) {
    reserve(10);
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      bytes[length++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[length++] = (byte) rest;
  }

  void unsigned(int value) {
    unsigned(Integer.toUnsignedLong(value));
  }

  /** Writes a number near zero in few bytes, whatever its sign. */
  void signed(long value) {
    unsigned(value << 1 ^ value >> 63);
  }

  void raw(byte[] data, int count) {
    reserve(count);
    System.arraycopy(data, 0, bytes, length, count);
    length += count;
  }

  void counted(byte[] data) {
    unsigned(data.length);
    raw(data, data.length);
  }

  void time(Timestamp time) {
    signed(time.seconds());
    u32(time.nanos());
  }

  /** Writes a time that is often the same as, or near, one that was written before. */
  void timeNear(Timestamp time, Timestamp known) {
    signed(time.seconds() - known.seconds());
    signed((long) time.nanos() - known.nanos());
  }

  void version(Version version) {
    signed(version.size());
    time(version.changed());
    timeNear(version.modified(), version.changed());
  }

  /** Ends the record with its checksum, which covers its kind and its key as well. */
  void seal(ByteBuffer key) {
    checksum.reset();
    checksum.update(kind);
    checksum.update(key.duplicate());
    checksum.update(bytes, 0, length);
    u32((int) checksum.getValue());
  }

  /** Returns the size of the record. */
  public int length() {
    return length;
  }

  /** Copies the record to {@code target}. */
  public void copyTo(ByteBuffer target) {
    target.put(bytes, 0, length);
  }

  /** Returns a copy of the record. */
  public byte[] toBytes() {
    return Arrays.copyOf(bytes, length);
  }
}
