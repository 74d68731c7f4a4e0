package io.cachefs.fuse.libfuse;

import com.kenai.jffi.CallContext;
import com.kenai.jffi.CallingConvention;
import com.kenai.jffi.Invoker;
import com.kenai.jffi.Type;
import io.cachefs.fuse.MountException;
import java.nio.charset.StandardCharsets;
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

  /**
   * {@code struct fuse *fuse_new(struct fuse_chan *, struct fuse_args *, const struct
   * fuse_operations *, size_t, void *)}.
   */
  private static final CallContext FUSE_NEW =
      CallContext.getCallContext(
          Type.POINTER,
          new Type[] {Type.POINTER, Type.POINTER, Type.POINTER, Type.SLONG_LONG, Type.POINTER},
          CallingConvention.DEFAULT,
          false);

  /** RTLD_LAZY of dlfcn.h. */
  private static final int LAZY = 1;

  final LibFuse2 fuse;
  final LinuxCalls linux;
  private final long fuseNew;

  private NativeFuse(LibFuse2 fuse, LinuxCalls linux, long fuseNew) {
    this.fuse = fuse;
    this.linux = linux;
    this.fuseNew = fuseNew;
  }

  static NativeFuse load() throws MountException {
    try {
      LibFuse2 fuse = LibraryLoader.create(LibFuse2.class).failImmediately().load(LIBRARY);
      LinuxCalls linux = LibraryLoader.create(LinuxCalls.class).load("c");
      // libfuse has this function in five versions, and a plain lookup finds one of the year 2004.
      long handle = linux.dlopen(terminated(LIBRARY), LAZY);
      long fuseNew = linux.dlvsym(handle, terminated("fuse_new"), terminated("FUSE_2.6"));
      if (handle == 0 || fuseNew == 0) {
        throw new MountException(LIBRARY + " is not libfuse 2.6 or later: install libfuse2");
      }
      return new NativeFuse(fuse, linux, fuseNew);
    } catch (LinkageError e) {
      throw new MountException(
          LIBRARY + " cannot be loaded: install it, on Debian and Ubuntu with apt install libfuse2",
          e);
    }
  }

  private static byte[] terminated(String text) {
    return (text + "\0").getBytes(StandardCharsets.US_ASCII);
  }

  /** Makes the file system over a channel; 0 if an option is not known. */
  long fuseNew(long channel, long arguments, OperationTable operations) {
    return Invoker.getInstance()
        .invokeN5(
            FUSE_NEW, fuseNew, channel, arguments, operations.address(), OperationTable.size(), 0);
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
