package io.cachefs.fuse.libfuse;

import jnr.ffi.annotations.In;

/**
 * Functions of glibc that mounting and unmounting need. Public only because jnr-ffi implements it
 * from a class loader of its own; used by this package alone.
 */
public interface LinuxCalls {
  int umount2(@In byte[] target, int flags);

  int fcntl(int descriptor, int command, long argument);

  int geteuid();

  long dlopen(@In byte[] file, int flags);

  long dlvsym(long handle, @In byte[] symbol, @In byte[] version);
}
