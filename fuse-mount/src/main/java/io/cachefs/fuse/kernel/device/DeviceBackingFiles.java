package io.cachefs.fuse.kernel.device;

import io.cachefs.base.FsException;
import io.cachefs.fuse.kernel.dispatch.BackingFiles;
import io.cachefs.sys.FuseDevice;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Registers backing files with the kernel through the device. Thread-safe. */
final class DeviceBackingFiles implements BackingFiles {
  private static final Logger log = LoggerFactory.getLogger(DeviceBackingFiles.class);

  private final FuseDevice device;

  DeviceBackingFiles(FuseDevice device) {
    this.device = device;
  }

  @Override
  public int open(int descriptor) throws FsException {
    return device.openBacking(descriptor);
  }

  @Override
  public void close(int backingId) {
    try {
      device.closeBacking(backingId);
    } catch (FsException failure) {
      log.debug("backing id {}: {}", backingId, failure.getMessage());
    }
  }
}
