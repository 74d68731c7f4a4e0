package io.cachefs.sys;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jnr.ffi.LastError;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Runtime;
import jnr.ffi.provider.MemoryManager;

/** Loads glibc once and turns results into values or exceptions. */
final class Native {
  static final LibC LIBC;
  private static final Runtime RUNTIME;
  private static final MemoryManager MEMORY;

  static {
    // The x86-64 stubs of jnr-ffi pass garbage as the sixth integer argument (jnr-ffi issue 181),
    // which copy_file_range and posix_spawnp have. Without them jffi's own dispatch is used.
    if (System.getProperty("jnr.ffi.x86asm.enabled") == null) {
      System.setProperty("jnr.ffi.x86asm.enabled", "false");
    }
    LIBC = LibraryLoader.create(LibC.class).load("c");
    RUNTIME = Runtime.getRuntime(LIBC);
    MEMORY = RUNTIME.getMemoryManager();
  }

  private Native() {}

  /** Returns the errno of the call this thread made last. */
  static int lastError() {
    return LastError.getLastError(RUNTIME);
  }

  /** Returns {@code result}, or throws if it is negative. */
  static int check(int result, String call) throws FsException {
    if (result < 0) {
      throw failure(call);
    }
    return result;
  }

  /** Returns {@code result}, or throws if it is negative. */
  static long check(long result, String call) throws FsException {
    if (result < 0) {
      throw failure(call);
    }
    return result;
  }

  static FsException failure(String call) {
    Errno errno = Errno.of(lastError());
    return new FsException(errno, call);
  }

  /** Returns the address of the first byte of a direct buffer, wherever its position is. */
  static long addressOf(ByteBuffer direct) {
    return MEMORY.newPointer(direct).address() - direct.position();
  }

  /** Returns native memory in the machine's byte order; it is freed with the buffer. */
  static ByteBuffer allocate(int size) {
    return ByteBuffer.allocateDirect(size).order(ByteOrder.nativeOrder());
  }
}
