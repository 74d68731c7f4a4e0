package io.cachefs.engine;

import io.cachefs.base.FsException;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.vfs.Vfs;
import java.io.Closeable;

/** A running file system over a source. Thread-safe; holds no static state. */
public final class CacheFs implements Closeable {
  private final Vfs vfs;

  CacheFs(Vfs vfs) {
    this.vfs = vfs;
  }

  /** Opens the source and returns the file system, ready for use. */
  public static CacheFs open(CacheFsConfig config) throws FsException {
    if (config.descriptorLimit() > 0) {
      throw new FsException(io.cachefs.base.Errno.ENOSYS);
    }
    throw new IllegalStateException();
  }

  public Vfs vfs() {
    return vfs;
  }

  @Override
  public void close() {
    vfs.close();
  }
}
