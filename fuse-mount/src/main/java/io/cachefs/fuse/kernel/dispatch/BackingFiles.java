package io.cachefs.fuse.kernel.dispatch;

import io.cachefs.base.FsException;

/** Registers files with the kernel that it may read and write by itself. */
public interface BackingFiles {
  /** Registers the file open as {@code descriptor} and returns its id, which is never 0. */
  int open(int descriptor) throws FsException;

  /** Ends a registration; failures are not of interest to anybody. */
  void close(int backingId);
}
