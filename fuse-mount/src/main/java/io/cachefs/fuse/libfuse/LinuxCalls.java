package io.cachefs.fuse.libfuse;

import jnr.ffi.annotations.In;

/**
 * Functions of glibc that unmounting needs. Public only because jnr-ffi implements it from a class
 * loader of its own; used by this package alone.
 */
public interface LinuxCalls {
  int umount2(@In byte[] target, int flags);

  int fcntl(int descriptor, int command, long argument);

  int geteuid();
}
