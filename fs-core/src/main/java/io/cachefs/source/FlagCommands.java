package io.cachefs.source;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;

/**
 * The few {@code ioctl}s that mean something for a file here: they get or set its flags, {@code
 * fs.h}. All others are answered without asking a source: many programs try each file they open for
 * being a terminal.
 */
public final class FlagCommands {
  public static final int GET_FLAGS = 0x80086601;
  public static final int SET_FLAGS = 0x40086602;
  public static final int GET_VERSION = 0x80087601;
  public static final int GET_FLAGS_32 = 0x80046601;
  public static final int SET_FLAGS_32 = 0x40046602;
  public static final int GET_EXTENDED_FLAGS = 0x801c581f;
  public static final int SET_EXTENDED_FLAGS = 0x401c5820;

  private FlagCommands() {}

  /** Fails with ENOTTY unless a command is one of them. */
  public static void require(int command) throws FsException {
    switch (command) {
      case GET_FLAGS,
          SET_FLAGS,
          GET_VERSION,
          GET_FLAGS_32,
          SET_FLAGS_32,
          GET_EXTENDED_FLAGS,
          SET_EXTENDED_FLAGS -> {}
      default -> throw new FsException(Errno.ENOTTY);
    }
  }
}
