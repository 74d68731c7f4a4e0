package io.cachefs.fuse.libfuse;

import io.cachefs.base.Caller;
import java.util.Arrays;

/**
 * A thread that serves requests. While libfuse works on one, the callbacks can look at the request
 * itself, which libfuse does not pass on: its path interface hides which system call it serves.
 */
final class RequestThread extends Thread {
  // Opcodes, from linux/fuse.h. NONE stands for a call that libfuse makes on its own.
  static final int NONE = 0;
  static final int LOOKUP = 1;
  static final int GETATTR = 3;
  static final int SETATTR = 4;
  static final int SYMLINK = 6;
  static final int MKNOD = 8;
  static final int UNLINK = 10;
  static final int RENAME = 12;
  static final int LINK = 13;
  static final int INIT = 26;
  static final int CREATE = 35;
  static final int RENAME2 = 45;
  static final int LSEEK = 46;

  // RENAME_NOREPLACE and RENAME_EXCHANGE, linux/fs.h.
  static final int NO_REPLACE = 1;
  private static final int EXCHANGE = 1 << 1;

  // struct fuse_in_header.
  private static final int OPCODE_OFFSET = 4;
  private static final int HEADER_SIZE = 40;
  // struct fuse_rename_in and fuse_rename2_in.
  private static final int RENAME_BODY_SIZE = 8;
  private static final int RENAME2_BODY_SIZE = 16;
  // struct fuse_ioctl_in.
  private static final int IOCTL_IN_SIZE_OFFSET = 24;
  private static final int IOCTL_OUT_SIZE_OFFSET = 28;

  /** One name of up to 1024 bytes (FUSE_NAME_MAX) with its NUL, and one struct stat. */
  private static final int NAME_SPACE = 1032;

  private final NativeFuse library;

  /** Address of the request being served, 0 between requests. Owned by this thread. */
  private long request;

  /** Flags of the rename being served. Owned by this thread. */
  private int renameFlags;

  /** Owned by this thread. */
  private long scratch;

  RequestThread(ThreadGroup group, Runnable loop, String name, NativeFuse library) {
    super(group, loop, name, 0, false);
    this.library = library;
    setDaemon(true);
  }

  static RequestThread current() {
    return (RequestThread) Thread.currentThread();
  }

  /**
   * Looks at the request to be served next; returns its length, which may have changed: a RENAME2
   * becomes a RENAME, which is all that libfuse 2 knows, and its flags are kept for the callback.
   * An exchange stays what it is.
   */
  int begin(long requestAddress, int length) {
    request = requestAddress;
    renameFlags = 0;
    if (opcode() != RENAME2) {
      return length;
    }
    int flags = Memory.int32(request + HEADER_SIZE + RENAME_BODY_SIZE);
    if ((flags & EXCHANGE) != 0) {
      return length;
    }
    int shorter = RENAME2_BODY_SIZE - RENAME_BODY_SIZE;
    long names = request + HEADER_SIZE + RENAME2_BODY_SIZE;
    byte[] bytes = Memory.bytes(names, length - HEADER_SIZE - RENAME2_BODY_SIZE);
    Memory.bytes(names - shorter, bytes, bytes.length);
    Memory.int32(request, length - shorter);
    Memory.int32(request + OPCODE_OFFSET, RENAME);
    renameFlags = flags;
    return length - shorter;
  }

  /** Returns the address of the request being served. */
  long request() {
    return request;
  }

  int renameFlags() {
    return renameFlags;
  }

  /** Returns which of the kernel's inodes a LINK request gives another name. */
  long linkedNode() {
    return Memory.int64(request + HEADER_SIZE);
  }

  void end() {
    request = 0;
  }

  int opcode() {
    return request == 0 ? NONE : Memory.int32(request + OPCODE_OFFSET);
  }

  /** Returns the second name of a RENAME request. */
  byte[] newName() {
    long oldName = request + HEADER_SIZE + RENAME_BODY_SIZE;
    return Memory.text(oldName + Memory.text(oldName).length + 1);
  }

  /** Returns how many bytes an IOCTL request brings. */
  int ioctlInputSize() {
    return Memory.int32(request + HEADER_SIZE + IOCTL_IN_SIZE_OFFSET);
  }

  /** Returns how many bytes the answer to an IOCTL request may have. */
  int ioctlOutputSize() {
    return Memory.int32(request + HEADER_SIZE + IOCTL_OUT_SIZE_OFFSET);
  }

  Caller caller() {
    return Layouts.caller(library.fuse.fuse_get_context());
  }

  /** Returns memory for a {@code struct stat}, cleared at first and used for nothing else. */
  long statSpace() {
    return nameSpace() + NAME_SPACE;
  }

  /** Returns memory with {@code length} bytes of {@code name} and a NUL. */
  long terminated(byte[] name, int length) {
    long space = nameSpace();
    byte[] text = Arrays.copyOf(name, length + 1);
    text[length] = 0;
    Memory.bytes(space, text, length + 1);
    return space;
  }

  private long nameSpace() {
    if (scratch == 0) {
      scratch = Memory.allocate(NAME_SPACE + Layouts.STAT_SIZE);
    }
    return scratch;
  }

  /** Frees what the thread used; the last thing it does. */
  void free() {
    if (scratch != 0) {
      Memory.free(scratch);
      scratch = 0;
    }
  }
}
