package io.cachefs.sys;

import jnr.ffi.annotations.In;
import jnr.ffi.annotations.Out;
import jnr.ffi.types.size_t;
import jnr.ffi.types.ssize_t;

/**
 * Functions of glibc as C declares them. Pointers are addresses ({@code long}) where the caller
 * owns native memory, and byte arrays where a NUL-terminated text is copied in. Public only because
 * jnr-ffi implements it from a class loader of its own; used by this package alone.
 */
public interface LibC {
  int openat(int directory, @In byte[] path, int flags, int mode);

  int open_by_handle_at(int mount, @In byte[] handle, int flags);

  int name_to_handle_at(int directory, @In byte[] path, long handle, long mountId, int flags);

  int close(int descriptor);

  int dup(int descriptor);

  int dup2(int from, int to);

  int fcntl(int descriptor, int command, long argument);

  int statx(int directory, @In byte[] path, int flags, int mask, long result);

  int fstatfs(int descriptor, long result);

  int statfs(@In byte[] path, long result);

  @ssize_t
  long read(int descriptor, long address, @size_t long length);

  @ssize_t
  long write(int descriptor, long address, @size_t long length);

  @ssize_t
  long pread(int descriptor, long address, @size_t long length, long offset);

  @ssize_t
  long pwrite(int descriptor, long address, @size_t long length, long offset);

  long lseek(int descriptor, long offset, int whence);

  int posix_fadvise(int descriptor, long offset, long length, int advice);

  int ftruncate(int descriptor, long size);

  int fsync(int descriptor);

  int fdatasync(int descriptor);

  int syncfs(int descriptor);

  int fallocate(int descriptor, int mode, long offset, long length);

  @ssize_t
  long copy_file_range(
      int source, long sourceOffset, int target, long targetOffset, @size_t long length, int flags);

  @ssize_t
  long getdents64(int descriptor, long buffer, @size_t long length);

  int mkdirat(int directory, @In byte[] path, int mode);

  int mknodat(int directory, @In byte[] path, int mode, long device);

  int symlinkat(@In byte[] target, int directory, @In byte[] path);

  int linkat(int oldDirectory, @In byte[] oldPath, int newDirectory, @In byte[] newPath, int flags);

  int unlinkat(int directory, @In byte[] path, int flags);

  int renameat2(
      int oldDirectory, @In byte[] oldPath, int newDirectory, @In byte[] newPath, int flags);

  @ssize_t
  long readlinkat(int directory, @In byte[] path, @Out byte[] buffer, @size_t long length);

  int fchmod(int descriptor, int mode);

  int chmod(@In byte[] path, int mode);

  int fchownat(int directory, @In byte[] path, int uid, int gid, int flags);

  int utimensat(int directory, @In byte[] path, long times, int flags);

  int futimens(int descriptor, long times);

  int faccessat(int directory, @In byte[] path, int mode, int flags);

  @ssize_t
  long getxattr(@In byte[] path, @In byte[] name, @Out byte[] value, @size_t long size);

  @ssize_t
  long lgetxattr(@In byte[] path, @In byte[] name, @Out byte[] value, @size_t long size);

  int setxattr(@In byte[] path, @In byte[] name, @In byte[] value, @size_t long size, int flags);

  int lsetxattr(@In byte[] path, @In byte[] name, @In byte[] value, @size_t long size, int flags);

  @ssize_t
  long listxattr(@In byte[] path, @Out byte[] list, @size_t long size);

  @ssize_t
  long llistxattr(@In byte[] path, @Out byte[] list, @size_t long size);

  int removexattr(@In byte[] path, @In byte[] name);

  int lremovexattr(@In byte[] path, @In byte[] name);

  int ioctl(int descriptor, long request, long argument);

  int inotify_init1(int flags);

  int inotify_add_watch(int descriptor, @In byte[] path, int mask);

  int inotify_rm_watch(int descriptor, int watch);

  // --- Identity of the calling thread ---

  int setfsuid(int uid);

  int setfsgid(int gid);

  int capget(long header, long data);

  int capset(long header, long data);

  int unshare(int flags);

  int umask(int mask);

  int geteuid();

  int getegid();

  // --- Mounts and processes ---

  int mount(@In byte[] source, @In byte[] target, @In byte[] type, long flags, @In byte[] data);

  int umount2(@In byte[] target, int flags);

  int socketpair(int domain, int type, int protocol, @Out int[] descriptors);

  @ssize_t
  long recvmsg(int socket, long message, int flags);

  int poll(long descriptors, long count, int timeoutMillis);

  int eventfd(int initial, int flags);

  int setsid();

  int chdir(@In byte[] path);

  int posix_spawn_file_actions_init(long actions);

  int posix_spawn_file_actions_adddup2(long actions, int from, int to);

  int posix_spawn_file_actions_destroy(long actions);

  int posix_spawnp(
      @Out int[] pid,
      @In byte[] file,
      long actions,
      long attributes,
      long arguments,
      long environment);

  int waitpid(int pid, @Out int[] status, int options);
}
