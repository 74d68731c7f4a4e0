package io.cachefs.fuse.kernel.device;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.fuse.kernel.dispatch.Exchange;
import io.cachefs.fuse.kernel.dispatch.ReplyPort;
import io.cachefs.sys.NativeBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends the replies of one exchange to a channel. */
final class DevicePort implements ReplyPort {
  private static final Logger log = LoggerFactory.getLogger(DevicePort.class);

  private final NativeBuffer memory;
  private final RequestChannel channel;

  private DevicePort(NativeBuffer memory, RequestChannel channel) {
    this.memory = memory;
    this.channel = channel;
  }

  /** Returns an exchange in {@code memory}, which has {@link Exchange#SIZE} bytes. */
  static Exchange exchange(NativeBuffer memory, RequestChannel channel) {
    return new Exchange(memory.buffer(), new DevicePort(memory, channel));
  }

  @Override
  public boolean send(int offset, int length) {
    try {
      channel.send(memory, offset, length);
      return true;
    } catch (FsException failure) {
      // ENOENT: the request was given up. ENODEV: the mount is gone.
      if (failure.errno() != Errno.ENOENT && failure.errno() != Errno.ENODEV) {
        log.warn("the kernel refused a reply of {} bytes: {}", length, failure.getMessage());
      }
      return false;
    }
  }
}
