package io.cachefs.store.format;

import io.cachefs.base.FileKey;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import java.nio.ByteBuffer;

/**
 * Keys of the index, which sort as bytes the way what they stand for does. Each method writes from
 * the position of the buffer on.
 */
public final class Keys {
  private static final int MAX_FILE_SIZE = 22;

  /** Room that every key fits in. */
  public static final int MAX_SIZE = MAX_FILE_SIZE + Name.MAX_LENGTH;

  /** Begins the key of a file that is not on the file system of the directory itself. */
  private static final int OTHER_VOLUME = 0x10;

  private Keys() {}

  /**
   * A file: the volume if it is not 0, the inode number without leading zeros behind a byte that
   * counts its bytes, the generation. No such key is the beginning of another.
   */
  public static void file(ByteBuffer target, FileKey file) {
    if (file.volume() != 0) {
      target.put((byte) OTHER_VOLUME).putInt(file.volume());
    }
    int length = (Long.SIZE - Long.numberOfLeadingZeros(file.inode()) + 7) / 8;
    target.put((byte) length);
    for (int shift = (length - 1) * 8; shift >= 0; shift -= 8) {
      target.put((byte) (file.inode() >>> shift));
    }
    target.putLong(file.generation());
  }

  static void file(RecordWriter target, FileKey file) {
    byte[] bytes = new byte[MAX_FILE_SIZE];
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    file(buffer, file);
    target.raw(bytes, buffer.position());
  }

  /** A name: the key of the directory and the bytes of the name. */
  public static void name(ByteBuffer target, FileKey directory, Name name) {
    file(target, directory);
    target.put(name.terminated(), 0, name.length());
  }

  /** A content: its id. */
  public static void content(ByteBuffer target, long id) {
    target.putLong(id);
  }

  /** Blocks: the id of the content and the number of the group. */
  public static void blocks(ByteBuffer target, long id, int group) {
    target.putLong(id).putInt(group);
  }

  /** Reads the key of a file and moves the position after it. */
  public static FileKey readFile(ByteBuffer key) throws DamagedRecordException {
    int length = first(key);
    int volume = 0;
    if (length == OTHER_VOLUME && key.remaining() > Integer.BYTES) {
      volume = key.getInt();
      length = first(key);
    }
    if (length > Long.BYTES || key.remaining() < length + Long.BYTES) {
      throw new DamagedRecordException("not the key of a file");
    }
    long inode = 0;
    for (int i = 0; i < length; i++) {
      inode = inode << 8 | Byte.toUnsignedLong(key.get());
    }
    return new FileKey(volume, inode, key.getLong());
  }

  private static int first(ByteBuffer key) throws DamagedRecordException {
    if (!key.hasRemaining()) {
      throw new DamagedRecordException("not the key of a file");
    }
    return Byte.toUnsignedInt(key.get());
  }

  /** Reads what follows the directory in the key of a name. */
  public static Name readName(ByteBuffer rest) throws DamagedRecordException {
    byte[] terminated = new byte[rest.remaining() + 1];
    rest.get(terminated, 0, rest.remaining());
    try {
      return Name.ofTerminated(terminated);
    } catch (FsException e) {
      throw new DamagedRecordException("not a name: " + e.getMessage());
    }
  }
}
