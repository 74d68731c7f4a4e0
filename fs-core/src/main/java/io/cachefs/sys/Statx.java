package io.cachefs.sys;

import io.cachefs.base.Attributes;
import io.cachefs.base.StatFs;
import io.cachefs.base.Timestamp;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Reads {@code struct statx} and {@code struct statfs} of 64-bit Linux. */
final class Statx {
  /** {@code STATX_BASIC_STATS | STATX_BTIME} of {@code stat.h}. */
  static final int BASIC_AND_BIRTH = 0xfff;

  /** {@code STATX_ATIME}. */
  static final int ACCESS = 0x20;

  private static final int BIRTH = 0x800;

  private Statx() {}

  static Attributes decode(ByteBuffer memory) {
    @Nullable Timestamp born = (memory.getInt(0) & BIRTH) == 0 ? null : time(memory, 80);
    return new Attributes(
        device(memory.getInt(136), memory.getInt(140)),
        memory.getLong(32),
        memory.getShort(28) & 0xffff,
        memory.getInt(16),
        memory.getInt(20),
        memory.getInt(24),
        (int) device(memory.getInt(128), memory.getInt(132)),
        memory.getLong(40),
        memory.getLong(48),
        memory.getInt(4),
        time(memory, 64),
        time(memory, 112),
        time(memory, 96),
        born);
  }

  private static Timestamp time(ByteBuffer memory, int at) {
    return new Timestamp(memory.getLong(at), memory.getInt(at + 8));
  }

  /** Packs as {@code gnu_dev_makedev} does; its low half is what FUSE and mknod use. */
  private static long device(int major, int minor) {
    return (major & 0xfffL) << 8
        | (major & 0xfffff000L) << 32
        | (minor & 0xffL)
        | (minor & 0xffffff00L) << 12;
  }

  static StatFs decodeStatFs(ByteBuffer memory) {
    return new StatFs(
        memory.getLong(16),
        memory.getLong(24),
        memory.getLong(32),
        memory.getLong(40),
        memory.getLong(48),
        (int) memory.getLong(8),
        (int) memory.getLong(64),
        (int) memory.getLong(72),
        memory.getLong(0));
  }
}
