package io.cachefs.fuse.libfuse;

import io.cachefs.base.Errno;

/**
 * Requests that libfuse 2 does not know and that need nothing of it: those that go by handle are
 * answered here, and those that would confuse it are refused. Thread-safe.
 */
final class DirectRequests {
  // Sizes and offsets from linux/fuse.h: fuse_in_header and fuse_lseek_in.
  private static final int BODY = 40;
  private static final int SEEK_OFFSET = 8;
  private static final int SEEK_WHENCE = 16;

  private final PathCalls calls;
  private final DeviceChannel channel;

  DirectRequests(PathCalls calls, DeviceChannel channel) {
    this.calls = calls;
    this.channel = channel;
  }

  /** Answers the request of this thread if it is one of these; returns whether it was. */
  boolean serve(RequestThread thread) {
    int opcode = thread.opcode();
    if (opcode == RequestThread.LSEEK) {
      seek(thread.request());
      return true;
    }
    if (opcode == RequestThread.RENAME2) {
      // An exchange; the others were made a RENAME. libfuse would lose track of the names of both
      // files. Nor may it say that it does not know them: the kernel would send no RENAME2 again.
      channel.reply(thread.request(), -Errno.EINVAL.number());
      return true;
    }
    return false;
  }

  /** Finds data or holes. */
  private void seek(long request) {
    long body = request + BODY;
    long[] found = new long[1];
    int result =
        calls.run(
            Operation.LSEEK,
            () -> {
              long handle = calls.files.get(Memory.int64(body)).handle();
              long offset = Memory.int64(body + SEEK_OFFSET);
              found[0] = calls.vfs.seek(handle, offset, Memory.int32(body + SEEK_WHENCE));
              return 0;
            });
    if (result == 0) {
      channel.reply(request, result, found[0]);
    } else {
      channel.reply(request, result);
    }
  }
}
