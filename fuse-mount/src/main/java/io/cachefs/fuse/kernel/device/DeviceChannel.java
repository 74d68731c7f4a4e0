package io.cachefs.fuse.kernel.device;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.fuse.kernel.dispatch.Exchange;
import io.cachefs.sys.FuseDevice;
import io.cachefs.sys.NativeBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Requests and replies over reads and writes on one {@code /dev/fuse}. Thread-safe. */
final class DeviceChannel implements RequestChannel {
  private static final Logger log = LoggerFactory.getLogger(DeviceChannel.class);

  /** So many failures of unknown kind in a row mean that the device is of no use any more. */
  private static final int MAX_FAILURES = 100;

  private final FuseDevice device;

  DeviceChannel(FuseDevice device) {
    this.device = device;
  }

  @Override
  public int receive(NativeBuffer into) {
    int failures = 0;
    while (true) {
      try {
        return device.read(into, 0, Exchange.REQUEST_ROOM);
      } catch (FsException failure) {
        // ENOENT: the request was withdrawn while it was read.
        Errno errno = failure.errno();
        boolean again = errno == Errno.EINTR || errno == Errno.EAGAIN || errno == Errno.ENOENT;
        if (errno == Errno.ENODEV) {
          return -1;
        }
        if (!again && ++failures > MAX_FAILURES) {
          log.error("giving up the mount: {}", failure.getMessage());
          return -1;
        }
      }
    }
  }

  @Override
  public void send(NativeBuffer from, int offset, int length) throws FsException {
    device.write(from, offset, length);
  }
}
