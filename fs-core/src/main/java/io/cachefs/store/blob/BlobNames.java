package io.cachefs.store.blob;

import java.nio.charset.StandardCharsets;

/** The names of blobs and of the directories they are in, as system calls want them. */
final class BlobNames {
  static final int SHARDS = 256;

  /** Two digits for each byte of an id. */
  private static final int LENGTH = 16;

  private static final byte[] DIGITS = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  private BlobNames() {}

  /** Returns the number of the directory; ids that follow each other are spread over all. */
  static int shardOf(long id) {
    // The finaliser of MurmurHash3: every bit of the id has a part in each bit of the result.
    long mixed = (id ^ (id >>> 33)) * 0xff51afd7ed558ccdL;
    mixed = (mixed ^ (mixed >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return (int) (mixed >>> 56);
  }

  static byte[] shardName(int shard) {
    return new byte[] {DIGITS[shard >>> 4], DIGITS[shard & 15], 0};
  }

  static byte[] nameOf(long id) {
    byte[] name = new byte[LENGTH + 1];
    for (int i = 0; i < LENGTH; i++) {
      name[i] = DIGITS[(int) (id >>> (60 - 4 * i)) & 15];
    }
    return name;
  }

  /** Returns whether a name is one of a blob, with lower-case digits only. */
  static boolean isName(byte[] name, int length) {
    if (length != LENGTH) {
      return false;
    }
    for (int i = 0; i < LENGTH; i++) {
      boolean letter = name[i] >= 'a' && name[i] <= 'f';
      if (!letter && (name[i] < '0' || name[i] > '9')) {
        return false;
      }
    }
    return true;
  }

  /** Returns the id of a name for which {@link #isName} is true. */
  static long idOf(byte[] name) {
    long id = 0;
    for (int i = 0; i < LENGTH; i++) {
      id = (id << 4) | Character.digit(name[i], 16);
    }
    return id;
  }
}
