package io.cachefs.fuse.libfuse;

import jnr.ffi.annotations.In;
import jnr.ffi.types.size_t;

/**
 * The functions of libfuse 2.9 that a session needs, but for {@code fuse_new}, as {@code fuse.h},
 * {@code fuse_opt.h} and {@code fuse_lowlevel.h} declare them; pointers are addresses. Public only
 * because jnr-ffi implements it from a class loader of its own; used by this package alone.
 */
public interface LibFuse2 {
  int fuse_version();

  int fuse_opt_add_arg(long arguments, @In byte[] argument);

  void fuse_opt_free_args(long arguments);

  /** Mounts and returns the channel, or 0. */
  long fuse_mount(@In byte[] mountPoint, long arguments);

  void fuse_unmount(@In byte[] mountPoint, long channel);

  /** Ends the session, closes its channel and frees everything. */
  void fuse_destroy(long fuse);

  long fuse_get_session(long fuse);

  long fuse_get_context();

  @size_t
  long fuse_chan_bufsize(long channel);

  int fuse_chan_fd(long channel);

  /** Reads one request; its length, 0 if the session has ended, or a negative errno. */
  int fuse_chan_recv(long channelReference, long buffer, @size_t long size);

  void fuse_session_process(long session, long buffer, @size_t long length, long channel);

  void fuse_session_exit(long session);

  int fuse_session_exited(long session);
}
