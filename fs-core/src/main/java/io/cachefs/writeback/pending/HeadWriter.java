package io.cachefs.writeback.pending;

import io.cachefs.base.Attributes;
import io.cachefs.base.Timestamp;
import io.cachefs.source.FileId;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Builds the head of a record, little endian. */
final class HeadWriter {
  private ByteBuffer buffer;

  HeadWriter(int expected) {
    buffer = ByteBuffer.allocate(expected).order(ByteOrder.LITTLE_ENDIAN);
  }

  private ByteBuffer room(int bytes) {
    if (buffer.remaining() < bytes) {
      byte[] larger = Arrays.copyOf(buffer.array(), (buffer.position() + bytes) * 2);
      buffer = ByteBuffer.wrap(larger).order(ByteOrder.LITTLE_ENDIAN).position(buffer.position());
    }
    return buffer;
  }

  HeadWriter number(long value) {
    room(8).putLong(value);
    return this;
  }

  HeadWriter word(int value) {
    room(4).putInt(value);
    return this;
  }

  HeadWriter octet(int value) {
    room(1).put((byte) value);
    return this;
  }

  HeadWriter time(Timestamp time) {
    return number(time.seconds()).word(time.nanos());
  }

  HeadWriter bytes(byte[] value) {
    room(4 + value.length).putInt(value.length).put(value);
    return this;
  }

  HeadWriter xattrs(List<Xattr> list) {
    word(list.size());
    for (Xattr each : list) {
      bytes(each.name()).optional(each.value());
    }
    return this;
  }

  HeadWriter optional(byte @Nullable [] value) {
    octet(value == null ? 0 : 1);
    return value == null ? this : bytes(value);
  }

  HeadWriter file(FileId id) {
    return number(id.device()).number(id.inode()).number(id.generation());
  }

  HeadWriter attributes(Attributes a) {
    number(a.device()).number(a.inode()).word(a.mode()).word(a.linkCount());
    word(a.uid()).word(a.gid()).word(a.specialDevice());
    number(a.size()).number(a.blockCount()).word(a.blockSize());
    time(a.accessed()).time(a.modified()).time(a.changed());
    Timestamp born = a.born();
    octet(born == null ? 0 : 1);
    return born == null ? this : time(born);
  }

  byte[] done() {
    byte[] array = buffer.array();
    return array.length == buffer.position() ? array : Arrays.copyOf(array, buffer.position());
  }
}
