package io.cachefs.fuse.kernel.wire;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The operations of the protocol with their numbers, {@code enum fuse_opcode}. */
public enum Opcode {
  LOOKUP(1, Effect.READS),
  FORGET(2, Effect.NEVER_BLOCKS),
  GETATTR(3, Effect.READS),
  SETATTR(4, Effect.CHANGES),
  READLINK(5, Effect.READS),
  SYMLINK(6, Effect.CHANGES),
  MKNOD(8, Effect.CHANGES),
  MKDIR(9, Effect.CHANGES),
  UNLINK(10, Effect.CHANGES),
  RMDIR(11, Effect.CHANGES),
  RENAME(12, Effect.CHANGES),
  LINK(13, Effect.CHANGES),
  OPEN(14, Effect.CHANGES),
  READ(15, Effect.READS),
  WRITE(16, Effect.CHANGES),
  STATFS(17, Effect.READS),
  RELEASE(18, Effect.CHANGES),
  FSYNC(20, Effect.CHANGES),
  SETXATTR(21, Effect.CHANGES),
  GETXATTR(22, Effect.READS),
  LISTXATTR(23, Effect.READS),
  REMOVEXATTR(24, Effect.CHANGES),
  FLUSH(25, Effect.CHANGES),
  INIT(26, Effect.CHANGES),
  OPENDIR(27, Effect.CHANGES),
  READDIR(28, Effect.READS),
  RELEASEDIR(29, Effect.CHANGES),
  FSYNCDIR(30, Effect.CHANGES),
  ACCESS(34, Effect.READS),
  CREATE(35, Effect.CHANGES),
  INTERRUPT(36, Effect.NEVER_BLOCKS),
  DESTROY(38, Effect.NEVER_BLOCKS),
  IOCTL(39, Effect.CHANGES),
  BATCH_FORGET(42, Effect.NEVER_BLOCKS),
  FALLOCATE(43, Effect.CHANGES),
  READDIRPLUS(44, Effect.READS),
  RENAME2(45, Effect.CHANGES),
  LSEEK(46, Effect.READS),
  COPY_FILE_RANGE(47, Effect.CHANGES),
  SYNCFS(50, Effect.CHANGES),
  TMPFILE(51, Effect.CHANGES),
  STATX(52, Effect.READS),
  COPY_FILE_RANGE_64(53, Effect.CHANGES);

  private enum Effect {
    /** Leaves nothing behind, so it may be given up half-way. */
    READS,
    /** Leaves something behind (a change, an open handle), so it runs to its end. */
    CHANGES,
    /** Is served from memory. */
    NEVER_BLOCKS
  }

  private static final @Nullable Opcode[] BY_NUMBER = new @Nullable Opcode[54];

  static {
    for (Opcode opcode : values()) {
      BY_NUMBER[opcode.number] = opcode;
    }
  }

  private final int number;
  private final Effect effect;

  Opcode(int number, Effect effect) {
    this.number = number;
    this.effect = effect;
  }

  /** Returns the number the kernel uses. */
  public int number() {
    return number;
  }

  /** Returns whether the operation only reads, so that its result can be dropped. */
  public boolean onlyReads() {
    return effect == Effect.READS;
  }

  /** Returns whether the operation may have to wait for a source. */
  public boolean mayBlock() {
    return effect != Effect.NEVER_BLOCKS;
  }

  /** Returns the operation with this number, or null if this server does not know it. */
  public static @Nullable Opcode find(int number) {
    return number >= 0 && number < BY_NUMBER.length ? BY_NUMBER[number] : null;
  }

  /** Returns the name of each number; numbers that are not known here have one as well. */
  public static List<String> namesByNumber() {
    List<String> names = new ArrayList<>();
    for (int number = 0; number < BY_NUMBER.length; number++) {
      Opcode opcode = BY_NUMBER[number];
      names.add(opcode == null ? "OPCODE_" + number : opcode.name());
    }
    return names;
  }
}
