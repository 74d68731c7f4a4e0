package io.cachefs.fuse.libfuse;

import jnr.ffi.annotations.In;
import jnr.ffi.types.size_t;

/**
 * The functions of libfuse 2.9 that a session needs, but for {@code fuse_new}, as {@code fuse.h},
 * {@code fuse_opt.h} and {@code fuse_lowlevel.h} declare them; pointers are addresses. Public only
 * because jnr-ffi implements it from a class loader of its own; used by this package alone.
 */
public interface LibFuse2 {
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

  long fuse_chan_new(long operations, int descriptor, @size_t long bufferSize, long data);

  /** Closes the descriptor of a channel, too, if {@code fuse_mount} made it. */
  void fuse_chan_destroy(long channel);

  int fuse_lowlevel_notify_inval_inode(long channel, long nodeId, long offset, long length);

  void fuse_session_process(long session, long buffer, @size_t long length, long channel);

  void fuse_session_exit(long session);
}
