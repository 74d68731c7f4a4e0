package io.cachefs.writeback.send;

import java.nio.ByteBuffer;
import java.util.List;

/** Changed bytes of a file that a test knows wholly. */
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
record Bytes(byte[] whole, long baseLimit, List<Dirty.Range> ranges) implements Dirty {
  static Bytes all(byte[] whole) {
    return new Bytes(whole, 0, List.of(new Dirty.Range(0, whole.length)));
  }

  static Bytes all(String text) {
    return all(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  @Override
  public long size() {
    return whole.length;
  }

  @Override
  public void read(long offset, ByteBuffer target) {
    target.put(whole, (int) offset, target.remaining());
  }
}
