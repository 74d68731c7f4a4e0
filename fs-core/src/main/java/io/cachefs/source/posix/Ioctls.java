package io.cachefs.source.posix;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.sys.FileCalls;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The few {@code ioctl}s that are passed on: they get or set flags of one file, {@code fs.h}. */
final class Ioctls {
  private static final int GET_FLAGS = 0x80086601;
  private static final int SET_FLAGS = 0x40086602;
  private static final int GET_VERSION = 0x80087601;
  private static final int GET_FLAGS_32 = 0x80046601;
  private static final int SET_FLAGS_32 = 0x40046602;
  private static final int GET_EXTENDED_FLAGS = 0x801c581f;
  private static final int SET_EXTENDED_FLAGS = 0x401c5820;

  private static final int LARGEST_ARGUMENT = 64;

  private Ioctls() {}

  static byte[] call(FileCalls calls, int descriptor, int command, byte[] input, int outputSize)
      throws FsException {
    int native64 =
        switch (command) {
          case GET_FLAGS_32 -> GET_FLAGS;
          case SET_FLAGS_32 -> SET_FLAGS;
          case GET_FLAGS, SET_FLAGS, GET_VERSION, GET_EXTENDED_FLAGS, SET_EXTENDED_FLAGS -> command;
          default -> throw new FsException(Errno.ENOTTY);
        };
    if (input.length > LARGEST_ARGUMENT || outputSize > LARGEST_ARGUMENT) {
      throw new FsException(Errno.EINVAL);
    }
    ByteBuffer argument =
        ByteBuffer.allocateDirect(LARGEST_ARGUMENT).order(ByteOrder.nativeOrder());
    argument.put(0, input);
    calls.ioctl(descriptor, native64, argument);
    byte[] output = new byte[outputSize];
    argument.get(0, output);
    return output;
  }
}
