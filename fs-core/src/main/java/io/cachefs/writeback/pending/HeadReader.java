package io.cachefs.writeback.pending;

import io.cachefs.base.Attributes;
import io.cachefs.base.Timestamp;
import io.cachefs.source.FileId;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads what {@link HeadWriter} wrote. */
final class HeadReader {
  private final ByteBuffer buffer;

  HeadReader(byte[] head) {
    buffer = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN);
  }

  boolean hasMore() {
    return buffer.hasRemaining();
  }

  long number() {
    return buffer.getLong();
  }

  int word() {
    return buffer.getInt();
  }

  int octet() {
    return buffer.get();
  }

  Timestamp time() {
    return new Timestamp(number(), word());
  }

  byte[] bytes() {
    int length = word();
    if (length < 0 || length > buffer.remaining()) {
      throw new IllegalArgumentException("a length of " + length);
    }
    byte[] value = new byte[length];
    buffer.get(value);
    return value;
  }

  byte @Nullable [] optional() {
    return octet() == 0 ? null : bytes();
  }

  List<Xattr> xattrs() {
    int count = word();
    List<Xattr> list = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      list.add(new Xattr(bytes(), optional()));
    }
    return List.copyOf(list);
  }

  FileId file() {
    return new FileId(number(), number(), number());
  }

  Attributes attributes() {
    long device = number();
    long inode = number();
    int mode = word();
    int links = word();
    int uid = word();
    int gid = word();
    int special = word();
    long size = number();
    long blocks = number();
    int blockSize = word();
    Timestamp accessed = time();
    Timestamp modified = time();
    Timestamp changed = time();
    Timestamp born = octet() == 0 ? null : time();
    return new Attributes(
        device, inode, mode, links, uid, gid, special, size, blocks, blockSize, accessed, modified,
        changed, born);
  }
}
