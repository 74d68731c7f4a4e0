package io.cachefs.fuse.kernel.wire;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;

/** Builds and shows messages in little-endian order, as on all machines the tests run on. */
public final class Bytes {
  private final ByteBuffer buffer = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);

  public Bytes u16(int... values) {
    for (int value : values) {
      buffer.putShort((short) value);
    }
    return this;
  }

  public Bytes u32(int... values) {
    for (int value : values) {
      buffer.putInt(value);
    }
    return this;
  }

  public Bytes u64(long... values) {
    for (long value : values) {
      buffer.putLong(value);
    }
    return this;
  }

  /** The text and, unless it is written in it, no end. */
  public Bytes text(String text) {
    buffer.put(text.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
    return this;
  }

  public Bytes hex(String digits) {
    buffer.put(HexFormat.of().parseHex(digits.replaceAll("\\s", "")));
    return this;
  }

  public byte[] done() {
    byte[] result = new byte[buffer.position()];
    buffer.get(0, result);
    return result;
  }

  /** A whole request: header and this as its body. */
  public byte[] request(int opcode, long unique, long node) {
    byte[] body = done();
    return new Bytes()
        .u32(40 + body.length, opcode)
        .u64(unique, node)
        .u32(1000, 100, 4321)
        .u16(0, 0)
        .raw(body)
        .done();
  }

  public Bytes raw(byte[] bytes) {
    buffer.put(bytes);
    return this;
  }
}
