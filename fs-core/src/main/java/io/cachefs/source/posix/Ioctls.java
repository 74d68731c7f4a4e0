package io.cachefs.source.posix;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.source.FlagCommands;
import io.cachefs.sys.FileCalls;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Passes the {@link FlagCommands} on. */
final class Ioctls {
  private static final int LARGEST_ARGUMENT = 64;

  private Ioctls() {}

  static byte[] call(FileCalls calls, int descriptor, int command, byte[] input, int outputSize)
      throws FsException {
    FlagCommands.require(command);
    int native64 =
        switch (command) {
          case FlagCommands.GET_FLAGS_32 -> FlagCommands.GET_FLAGS;
          case FlagCommands.SET_FLAGS_32 -> FlagCommands.SET_FLAGS;
          default -> command;
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
