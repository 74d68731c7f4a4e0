package io.cachefs.fuse.kernel.wire;

import java.nio.ByteBuffer;

/** Messages the server sends on its own: a reply header with the number 0 and a code. */
public final class Notices {
  private static final int INVALIDATE_INODE = 2;
  private static final int INVALIDATE_ENTRY = 3;
  private static final int NEXT_EPOCH = 8;
  private static final int HEADER = 16;

  private Notices() {}

  /**
   * Writes {@code fuse_notify_inval_inode_out} at the start of {@code into}.
   *
   * @return the length of the message
   */
  public static int invalidateInode(ByteBuffer into, long inodeId, boolean attributesOnly) {
    into.putLong(HEADER, inodeId);
    into.putLong(HEADER + 8, attributesOnly ? -1 : 0);
    into.putLong(HEADER + 16, 0);
    return header(into, INVALIDATE_INODE, 24);
  }

  /**
   * Writes {@code fuse_notify_inval_entry_out} and the name at the start of {@code into}.
   *
   * @return the length of the message
   */
  public static int invalidateEntry(ByteBuffer into, long parent, byte[] name) {
    into.putLong(HEADER, parent);
    into.putInt(HEADER + 8, name.length);
    into.putInt(HEADER + 12, 0);
    into.put(HEADER + 16, name);
    into.put(HEADER + 16 + name.length, (byte) 0);
    return header(into, INVALIDATE_ENTRY, 16 + name.length + 1);
  }

  /**
   * Writes FUSE_NOTIFY_INC_EPOCH at the start of {@code into}: every name is asked for again. Since
   * protocol 7.44, Linux 6.16.
   *
   * @return the length of the message
   */
  public static int nextEpoch(ByteBuffer into) {
    return header(into, NEXT_EPOCH, 0);
  }

  private static int header(ByteBuffer into, int code, int bodyLength) {
    into.putInt(0, HEADER + bodyLength);
    into.putInt(4, code);
    into.putLong(8, 0);
    return HEADER + bodyLength;
  }
}
