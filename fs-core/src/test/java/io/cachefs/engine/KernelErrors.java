package io.cachefs.engine;

import io.cachefs.base.FsException;
import io.cachefs.testing.posix.Errno;
import io.cachefs.testing.posix.PosixException;

/** Failures as a program sees them through the kernel. */
final class KernelErrors {
  private KernelErrors() {}

  /** Work on a file system that answers something. */
  interface Work<T> {
    T run() throws FsException;
  }

  /** Work on a file system. */
  interface Doing {
    void run() throws FsException;
  }

  static <T> T call(Work<T> work) {
    try {
      return work.run();
    } catch (FsException e) {
      throw new PosixException(e.errno().number(), e.errno().name());
    }
  }

  static void run(Doing work) {
    try {
      work.run();
    } catch (FsException e) {
      throw new PosixException(e.errno().number(), e.errno().name());
    }
  }

  /** What the kernel says before it asks the file system. */
  static PosixException error(Errno errno) {
    return new PosixException(errno.number(), "kernel");
  }
}
