package io.cachefs.writeback.journal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * How a frame looks. The checksum of its head covers also where it is and a random number of the
 * journal, so that bytes of a payload which look like a frame are none. Owned by one thread.
 */
final class FrameCodec {
  /** Bytes before the variable part of the head. */
  static final int FIXED = 56;

  /** The letters JRNL. */
  static final int MARKER = 0x4c4e524a;

  static final int ALIGNMENT = 8;
  static final int MAX_HEAD = 128 << 10;
  static final int MAX_PAYLOAD = 128 << 10;

  /** Where the parts of a frame are. */
  static final int AT_MARKER = 4;

  private static final int AT_NUMBER = 8;
  private static final int AT_SEQUENCE = 16;
  private static final int AT_SYNCED = 24;
  private static final int AT_PREVIOUS = 32;
  private static final int AT_HEAD_LENGTH = 36;
  private static final int AT_PAYLOAD_LENGTH = 40;
  private static final int AT_PAYLOAD_CHECKSUM = 44;
  private static final int AT_KIND = 48;
  private static final int AT_FLAGS = 50;
  private static final int AT_RESERVED = 52;

  private final long salt;
  private final CRC32C checksum = new CRC32C();
  private final byte[] where = new byte[16];
  private final ByteBuffer whereBuffer = ByteBuffer.wrap(where).order(ByteOrder.LITTLE_ENDIAN);

  FrameCodec(long salt) {
    this.salt = salt;
  }

  long salt() {
    return salt;
  }

  /** Returns the bytes of a frame, with those that bring the next one to a multiple of eight. */
  static int size(int headLength, int payloadLength) {
    return (FIXED + headLength + payloadLength + ALIGNMENT - 1) & -ALIGNMENT;
  }

  /** Returns the checksum of what remains in the buffer, which is left as it was. */
  static int payloadChecksum(ByteBuffer payload) {
    if (!payload.hasRemaining()) {
      return 0;
    }
    CRC32C sum = new CRC32C();
    int start = payload.position();
    sum.update(payload);
    payload.position(start);
    return (int) sum.getValue();
  }

  /**
   * Puts a frame at the position of the buffer, whose byte order is little endian, and moves the
   * position behind it. What the frame says of its checksum is not looked at.
   *
   * @return the checksum
   */
  int put(ByteBuffer target, FrameHead frame, ByteBuffer payload, int segment, long offset) {
    int at = target.position();
    byte[] head = frame.head();
    target.putInt(at + AT_MARKER, MARKER);
    target.putLong(at + AT_NUMBER, frame.number());
    target.putLong(at + AT_SEQUENCE, frame.sequence());
    target.putLong(at + AT_SYNCED, frame.synced());
    target.putInt(at + AT_PREVIOUS, frame.previous());
    target.putInt(at + AT_HEAD_LENGTH, head.length);
    target.putInt(at + AT_PAYLOAD_LENGTH, frame.payloadLength());
    target.putInt(at + AT_PAYLOAD_CHECKSUM, frame.payloadChecksum());
    target.putShort(at + AT_KIND, (short) frame.kind());
    target.putShort(at + AT_FLAGS, (short) frame.flags());
    target.putInt(at + AT_RESERVED, 0);
    target.put(at + FIXED, head);
    int stored = frame.storedPayload();
    target.put(at + frame.payloadStart(), payload, payload.position(), stored);
    int end = at + frame.size();
    for (int i = at + frame.payloadStart() + stored; i < end; i++) {
      target.put(i, (byte) 0);
    }
    int sum = headChecksum(target, at, head.length, segment, offset);
    target.putInt(at, sum);
    target.position(end);
    return sum;
  }

  /** Returns how many bytes a frame's head takes that begins at {@code at}, 0 if none does. */
  static int headBytes(ByteBuffer source, int at) {
    if (source.getInt(at + AT_MARKER) != MARKER) {
      return 0;
    }
    int head = source.getInt(at + AT_HEAD_LENGTH);
    int payload = source.getInt(at + AT_PAYLOAD_LENGTH);
    boolean possible = head >= 0 && head <= MAX_HEAD && payload >= 0 && payload <= MAX_PAYLOAD;
    return possible ? FIXED + head : 0;
  }

  /** Reads the head at {@code at}, which is wholly in the buffer; null if it does not fit. */
  @Nullable FrameHead read(ByteBuffer source, int at, int segment, long offset) {
    int headLength = headBytes(source, at) - FIXED;
    if (headLength < 0) {
      return null;
    }
    int sum = headChecksum(source, at, headLength, segment, offset);
    if (sum != source.getInt(at)) {
      return null;
    }
    byte[] head = new byte[headLength];
    source.get(at + FIXED, head);
    return new FrameHead(
        source.getLong(at + AT_NUMBER),
        source.getLong(at + AT_SEQUENCE),
        source.getLong(at + AT_SYNCED),
        source.getInt(at + AT_PREVIOUS),
        sum,
        Short.toUnsignedInt(source.getShort(at + AT_KIND)),
        Short.toUnsignedInt(source.getShort(at + AT_FLAGS)),
        head,
        source.getInt(at + AT_PAYLOAD_LENGTH),
        source.getInt(at + AT_PAYLOAD_CHECKSUM));
  }

  private int headChecksum(ByteBuffer bytes, int at, int headLength, int segment, long offset) {
    whereBuffer.putLong(0, salt).putInt(8, segment).putInt(12, (int) offset);
    checksum.reset();
    checksum.update(where);
    int position = bytes.position();
    int limit = bytes.limit();
    bytes.limit(at + FIXED + headLength).position(at + AT_MARKER);
    checksum.update(bytes);
    bytes.limit(limit).position(position);
    return (int) checksum.getValue();
  }
}
