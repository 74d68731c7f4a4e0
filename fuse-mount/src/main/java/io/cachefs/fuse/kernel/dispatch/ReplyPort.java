package io.cachefs.fuse.kernel.dispatch;

/** Where the replies built in one {@link Exchange} go. */
public interface ReplyPort {
  /**
   * Sends the bytes of the exchange's memory from {@code offset} on.
   *
   * @return whether the kernel took them; it does not when it waits no longer
   */
  boolean send(int offset, int length);
}
