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
  static final int UNLINK = 10;
  static final int RENAME = 12;

  // struct fuse_in_header.
  private static final int OPCODE_OFFSET = 4;
  private static final int HEADER_SIZE = 40;
  // struct fuse_rename_in.
  private static final int RENAME_BODY_SIZE = 8;
  // struct fuse_ioctl_in.
  private static final int IOCTL_IN_SIZE_OFFSET = 24;
  private static final int IOCTL_OUT_SIZE_OFFSET = 28;

  /** One name of up to 1024 bytes (FUSE_NAME_MAX) with its NUL, and one struct stat. */
  private static final int NAME_SPACE = 1032;

  private final NativeFuse library;

  /** Address of the request being served, 0 between requests. Owned by this thread. */
  private long request;

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

  void begin(long requestAddress) {
    request = requestAddress;
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
