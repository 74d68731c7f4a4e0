package io.cachefs.fuse.libfuse;

import jnr.ffi.annotations.In;
import jnr.ffi.types.size_t;
import jnr.ffi.types.ssize_t;

/**
 * Functions of glibc that mounting, serving and unmounting need. Public only because jnr-ffi
 * implements it from a class loader of its own; used by this package alone.
 */
public interface LinuxCalls {
  int umount2(@In byte[] target, int flags);

  @ssize_t
  long read(int descriptor, long buffer, @size_t long size);

  @ssize_t
  long writev(int descriptor, long vector, int count);

  int fcntl(int descriptor, int command, long argument);

  int geteuid();

  long dlopen(@In byte[] file, int flags);

  long dlvsym(long handle, @In byte[] symbol, @In byte[] version);
}
