package io.cachefs.fuse.libfuse;

import io.cachefs.base.Errno;
import io.cachefs.base.Mode;
import java.util.ArrayList;
import java.util.List;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * libfuse's way to the kernel, with our own ends: requests are read here, and replies pass by here
 * before they are written. Thread-safe.
 *
 * <p>Two kinds of replies are improved, each with a flag or a number that libfuse 2 passes on
 * unread or has no name for:
 *
 * <ul>
 *   <li>The answer to INIT also asks for features that need nothing of libfuse: the kernel then
 *       enforces POSIX ACLs, notices changed content by its time of change, and caches the targets
 *       of symbolic links. It names a later protocol, with which the kernel passes on renames that
 *       must not replace; nothing else that libfuse is sent differs between the two.
 *   <li>libfuse gives each name of a hard link an inode of its own in the kernel. Attributes of a
 *       file with several names are therefore never to be cached, or a change through one name
 *       would not be seen through another.
 * </ul>
 */
final class DeviceChannel {
  private static final Logger log = LoggerFactory.getLogger(DeviceChannel.class);

  // Offsets and numbers from linux/fuse.h. struct fuse_in_header and fuse_init_in:
  private static final int INIT_IN_MINOR = 40 + 4;
  private static final int INIT_IN_FLAGS = 40 + 12;
  private static final int IN_UNIQUE = 8;
  // struct fuse_out_header:
  private static final int OUT_ERROR = 4;
  private static final int OUT_UNIQUE = 8;
  private static final int OUT_SIZE = 16;
  // struct fuse_init_out:
  private static final int INIT_OUT_MINOR = 4;
  private static final int INIT_OUT_FLAGS = 12;
  // struct fuse_entry_out:
  private static final int ENTRY_VALID = 24;
  private static final int ENTRY_VALID_NANOS = 36;
  private static final int ENTRY_ATTR = 40;
  // struct fuse_attr_out:
  private static final int ATTR_VALID_NANOS = 8;
  private static final int ATTR_ATTR = 16;
  // struct fuse_attr:
  private static final int ATTR_MODE = 60;
  private static final int ATTR_LINK_COUNT = 64;

  /** The first version with RENAME2. libfuse 2.9 itself speaks 7.19. */
  static final int MINOR = 23;

  private static final int AUTO_INVAL_DATA = 1 << 12;
  private static final int POSIX_ACL = 1 << 20;
  private static final int CACHE_SYMLINKS = 1 << 23;

  // struct iovec:
  private static final int IOVEC_SIZE = 16;

  /** struct fuse_chan_ops: receive, send, destroy. */
  private static final int OPERATIONS_SIZE = 3 * Long.BYTES;

  // Given at construction, never changes.
  private final NativeFuse library;
  private final long original;
  private final int descriptor;
  private final long channel;
  private final int wantedFlags;

  /** The callbacks and their native entry points; jnr-ffi holds them weakly. */
  private final List<Object> kept = new ArrayList<>();

  /**
   * Takes over a channel that {@code fuse_mount} made.
   *
   * @param acls whether the kernel is to enforce POSIX ACLs, which it reads as xattrs
   */
  DeviceChannel(NativeFuse library, long original, boolean acls) {
    this.library = library;
    this.original = original;
    this.descriptor = library.fuse.fuse_chan_fd(original);
    this.wantedFlags = AUTO_INVAL_DATA | CACHE_SYMLINKS | (acls ? POSIX_ACL : 0);
    long operations = Memory.allocate(OPERATIONS_SIZE);
    try {
      Callbacks.Three receive = (reference, buffer, size) -> -Errno.EIO.number();
      Memory.int64(operations, entry(Callbacks.Three.class, receive));
      Memory.int64(operations + Long.BYTES, entry(Callbacks.Three.class, this::send));
      Callbacks.VoidOne destroy = ignored -> {};
      Memory.int64(operations + 2L * Long.BYTES, entry(Callbacks.VoidOne.class, destroy));
      // libfuse copies the operations.
      this.channel = library.fuse.fuse_chan_new(operations, descriptor, bufferSize(), 0);
    } finally {
      Memory.free(operations);
    }
  }

  private <T> long entry(Class<T> type, T callback) {
    Pointer entry =
        Runtime.getSystemRuntime().getClosureManager().getClosurePointer(type, callback);
    kept.add(callback);
    kept.add(entry);
    return entry.address();
  }

  long address() {
    return channel;
  }

  int descriptor() {
    return descriptor;
  }

  long bufferSize() {
    return library.fuse.fuse_chan_bufsize(original);
  }

  /** Reads one request; returns its length, 0 if the session has ended, or a negative errno. */
  int receive(long buffer, long size) {
    while (true) {
      long length = library.linux.read(descriptor, buffer, size);
      if (length >= 0) {
        return (int) length;
      }
      int errno = library.lastError();
      if (errno == Errno.ENODEV.number()) {
        return 0;
      }
      // ENOENT: the request was taken back before it could be read.
      if (errno != Errno.EINTR.number()
          && errno != Errno.EAGAIN.number()
          && errno != Errno.ENOENT.number()) {
        return -errno;
      }
    }
  }

  /** Writes a reply; called by libfuse. */
  private int send(long ignored, long vector, long count) {
    try {
      if (count > 1) {
        improve(Memory.int64(vector), Memory.int64(vector + IOVEC_SIZE));
      }
    } catch (RuntimeException | Error e) {
      // The reply is right without it, and nothing above could catch this.
      log.error("a reply could not be improved", e);
    }
    if (library.linux.writev(descriptor, vector, (int) count) >= 0) {
      return 0;
    }
    // ENOENT: the caller was interrupted and waits no longer. libfuse looks for it.
    return -library.lastError();
  }

  /**
   * Answers a request without libfuse.
   *
   * @param result 0 or a negative errno
   * @param body what follows the header, in words
   */
  void reply(long request, int result, long... body) {
    int size = OUT_SIZE + body.length * Long.BYTES;
    long vector = Memory.allocate(IOVEC_SIZE + size);
    try {
      long header = vector + IOVEC_SIZE;
      Memory.int64(vector, header);
      Memory.int64(vector + Long.BYTES, size);
      Memory.int32(header, size);
      Memory.int32(header + OUT_ERROR, result);
      Memory.int64(header + OUT_UNIQUE, Memory.int64(request + IN_UNIQUE));
      for (int i = 0; i < body.length; i++) {
        Memory.int64(header + OUT_SIZE + (long) i * Long.BYTES, body[i]);
      }
      if (library.linux.writev(descriptor, vector, 1) < 0
          && library.lastError() != Errno.ENOENT.number()) {
        log.warn("a reply could not be written, errno {}", library.lastError());
      }
    } finally {
      Memory.free(vector);
    }
  }

  private void improve(long header, long body) {
    if (Memory.int32(header + OUT_ERROR) != 0 || Memory.int64(header + OUT_UNIQUE) == 0) {
      return;
    }
    RequestThread request = RequestThread.current();
    switch (request.opcode()) {
      case RequestThread.INIT -> {
        int offered = Memory.int32(request.request() + INIT_IN_FLAGS);
        int flags = Memory.int32(body + INIT_OUT_FLAGS);
        Memory.int32(body + INIT_OUT_FLAGS, flags | (offered & wantedFlags));
        int minor = Memory.int32(request.request() + INIT_IN_MINOR);
        Memory.int32(body + INIT_OUT_MINOR, Math.min(minor, MINOR));
      }
      case RequestThread.LOOKUP,
          RequestThread.SYMLINK,
          RequestThread.MKNOD,
          RequestThread.LINK,
          RequestThread.CREATE -> {
        if (hasSeveralNames(body + ENTRY_ATTR)) {
          Memory.int64(body + ENTRY_VALID, 0);
          Memory.int32(body + ENTRY_VALID_NANOS, 0);
        }
      }
      case RequestThread.GETATTR, RequestThread.SETATTR -> {
        if (hasSeveralNames(body + ATTR_ATTR)) {
          Memory.int64(body, 0);
          Memory.int32(body + ATTR_VALID_NANOS, 0);
        }
      }
      default -> {}
    }
  }

  private static boolean hasSeveralNames(long attr) {
    return Memory.int32(attr + ATTR_LINK_COUNT) > 1
        && !Mode.isDirectory(Memory.int32(attr + ATTR_MODE));
  }

  /**
   * Makes the kernel forget the attributes of one of its inodes. Safe on a request thread: it takes
   * no lock of the kernel, unlike dropping content or names.
   */
  void dropAttributes(long nodeId) {
    // -ENOENT, the kernel does not know the inode: as good. The offset -1 leaves content alone.
    int ignored = library.fuse.fuse_lowlevel_notify_inval_inode(channel, nodeId, -1, 0);
    assert ignored <= 0;
  }

  /** Closes the device, after libfuse has let go of this channel. */
  void close() {
    library.fuse.fuse_chan_destroy(original);
  }
}
