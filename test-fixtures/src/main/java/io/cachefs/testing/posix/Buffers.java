package io.cachefs.testing.posix;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import jnr.ffi.Pointer;

/** What calls get and answer in memory. */
final class Buffers {
  private static final long SECOND = 1_000_000_000L;

  private Buffers() {}

  static Pointer times(long atime, long mtime) {
    Pointer memory = LibC.memory(32);
    int at = 0;
    for (long time : new long[] {atime, mtime}) {
      boolean special = time == Flags.UTIME_NOW || time == Flags.UTIME_OMIT;
      memory.putLong(at, special ? 0 : Math.floorDiv(time, SECOND));
      memory.putLong(at + 8, special ? time : Math.floorMod(time, SECOND));
      at += 16;
    }
    return memory;
  }

  static String xattrValue(Sys sys, Object file, String key, int size) {
    Pointer memory = LibC.memory(size);
    return LibC.text(LibC.bytes(memory, LibC.call(sys, file, key, memory, size)));
  }

  static List<String> xattrNames(Sys sys, Object file) {
    Pointer memory = LibC.memory(65536);
    String all = LibC.text(LibC.bytes(memory, LibC.call(sys, file, memory, 65536)));
    List<String> names = new ArrayList<>(Arrays.asList(all.split("\0", -1)));
    names.remove(names.size() - 1);
    names.sort(null);
    return names;
  }
}
