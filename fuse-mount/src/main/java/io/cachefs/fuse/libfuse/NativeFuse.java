package io.cachefs.fuse.libfuse;

import com.kenai.jffi.CallContext;
import com.kenai.jffi.CallingConvention;
import com.kenai.jffi.Invoker;
import com.kenai.jffi.Type;
import io.cachefs.fuse.MountException;
import jnr.ffi.LastError;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Runtime;

/** The loaded libraries. Immutable. */
final class NativeFuse {
  /** The name that Debian's libfuse2 and its peers install; never libfuse 3. */
  private static final String LIBRARY = "libfuse.so.2";

  /** {@code int fill(void *buffer, const char *name, const struct stat *stat, off_t offset)}. */
  private static final CallContext FILLER =
      CallContext.getCallContext(
          Type.SINT,
          new Type[] {Type.POINTER, Type.POINTER, Type.POINTER, Type.SLONG_LONG},
          CallingConvention.DEFAULT,
          false);

  final LibFuse2 fuse;
  final LinuxCalls linux;

  private NativeFuse(LibFuse2 fuse, LinuxCalls linux) {
    this.fuse = fuse;
    this.linux = linux;
  }

  static NativeFuse load() throws MountException {
    try {
      return new NativeFuse(
          LibraryLoader.create(LibFuse2.class).failImmediately().load(LIBRARY),
          LibraryLoader.create(LinuxCalls.class).load("c"));
    } catch (LinkageError e) {
      throw new MountException(
          LIBRARY + " cannot be loaded: install it, on Debian and Ubuntu with apt install libfuse2",
          e);
    }
  }

  /** Returns the errno of the native call this thread made last. */
  int lastError() {
    return LastError.getLastError(Runtime.getSystemRuntime());
  }

  /** Hands one directory entry to libfuse; returns whether it had room for it. */
  static boolean fill(long filler, long buffer, long name, long stat, long offset) {
    return (int) Invoker.getInstance().invokeN4(FILLER, filler, buffer, name, stat, offset) == 0;
  }
}
