package io.cachefs.writeback.pending;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Access control lists as extended attributes have them ({@code posix_acl_xattr.h}), and how they
 * and the mode follow each other, see acl(5).
 */
final class Acl {
  static final byte[] ACCESS = "system.posix_acl_access".getBytes(StandardCharsets.US_ASCII);
  static final byte[] DEFAULT = "system.posix_acl_default".getBytes(StandardCharsets.US_ASCII);

  private static final int VERSION = 2;
  private static final int HEADER = 4;
  private static final int ENTRY = 8;

  private static final int USER_OBJ = 1;
  private static final int USER = 2;
  private static final int GROUP_OBJ = 4;
  private static final int GROUP = 8;
  private static final int MASK = 16;
  private static final int OTHER = 32;

  private Acl() {}

  /**
   * What a list and a mode become together.
   *
   * @param list null if the mode says it all
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Result(byte @Nullable [] list, int mode) {}

  private static ByteBuffer open(byte[] list) throws FsException {
    ByteBuffer buffer = ByteBuffer.wrap(list).order(ByteOrder.LITTLE_ENDIAN);
    if (list.length < HEADER || (list.length - HEADER) % ENTRY != 0) {
      throw new FsException(Errno.EINVAL, "not an access control list");
    }
    if (buffer.getInt(0) != VERSION) {
      throw new FsException(Errno.EOPNOTSUPP, "not an access control list");
    }
    return buffer;
  }

  /** Returns what a new file gets from the default list of its directory. */
  static Result inherit(byte[] defaults, int mode) throws FsException {
    byte[] list = defaults.clone();
    int result = apply(open(list), mode, true);
    return new Result(isMoreThanMode(list) ? list : null, result);
  }

  /** Returns the list of a file after its mode was set. */
  static byte[] changed(byte[] access, int mode) throws FsException {
    byte[] list = access.clone();
    apply(open(list), mode, false);
    return list;
  }

  /** Sets the entries that the mode stands for, or only restricts them. */
  private static int apply(ByteBuffer list, int mode, boolean restrict) {
    boolean masked = find(list, MASK) >= 0;
    int result = mode;
    for (int at = HEADER; at < list.limit(); at += ENTRY) {
      int tag = list.getShort(at);
      int shift =
          tag == USER_OBJ
              ? 6
              : tag == MASK || (tag == GROUP_OBJ && !masked) ? 3 : tag == OTHER ? 0 : -1;
      if (shift >= 0) {
        int wanted = mode >> shift & 7;
        int granted = restrict ? list.getShort(at + 2) & wanted : wanted;
        list.putShort(at + 2, (short) granted);
        result = (result & ~(7 << shift)) | (granted << shift);
      }
    }
    return result;
  }

  private static int find(ByteBuffer list, int tag) {
    for (int at = HEADER; at < list.limit(); at += ENTRY) {
      if (list.getShort(at) == tag) {
        return at;
      }
    }
    return -1;
  }

  private static boolean isMoreThanMode(byte[] list) throws FsException {
    return open(list).limit() > HEADER + 3 * ENTRY;
  }

  /** Returns what a file has after the list was set: its mode follows. */
  static Result set(byte[] list, int mode) throws FsException {
    ByteBuffer in = check(list);
    if (in.limit() == HEADER) {
      return new Result(null, mode);
    }
    int mask = find(in, MASK);
    int group = in.getShort((mask >= 0 ? mask : find(in, GROUP_OBJ)) + 2);
    int result =
        (mode & ~0777)
            | (in.getShort(find(in, USER_OBJ) + 2) << 6)
            | (group << 3)
            | in.getShort(find(in, OTHER) + 2);
    return new Result(isMoreThanMode(list) ? list : null, result);
  }

  /** Fails unless the list is one that Linux would take. */
  static ByteBuffer check(byte[] list) throws FsException {
    ByteBuffer in = open(list);
    int[] order = {USER_OBJ, USER, GROUP_OBJ, GROUP, MASK, OTHER};
    int[] counts = new int[order.length];
    int last = 0;
    for (int at = HEADER; at < in.limit(); at += ENTRY) {
      int tag = in.getShort(at);
      int place = Arrays.binarySearch(order, tag);
      if (place < last || in.getShort(at + 2) >> 3 != 0) {
        throw new FsException(Errno.EINVAL, "not an access control list");
      }
      counts[place]++;
      last = place;
    }
    boolean named = counts[1] + counts[3] > 0;
    boolean complete = counts[0] == 1 && counts[2] == 1 && counts[5] == 1 && counts[4] <= 1;
    if (in.limit() > HEADER && (!complete || (named && counts[4] == 0))) {
      throw new FsException(Errno.EINVAL, "not an access control list");
    }
    return in;
  }
}
