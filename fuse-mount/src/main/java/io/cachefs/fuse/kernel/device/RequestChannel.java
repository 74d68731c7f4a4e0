package io.cachefs.fuse.kernel.device;

import io.cachefs.base.FsException;
import io.cachefs.sys.NativeBuffer;

/**
 * Where requests come from and replies go to. Thread-safe. The seam for another way to the kernel
 * than reads and writes on a device.
 */
interface RequestChannel {
  /**
   * Waits for a request and puts it at the start of {@code into}.
   *
   * @return its length, or -1 if nothing is mounted any more
   */
  int receive(NativeBuffer into);

  /**
   * Sends a reply or a message.
   *
   * @throws FsException ENOENT if nobody waits for it any more
   */
  void send(NativeBuffer from, int offset, int length) throws FsException;
}
