package io.cachefs.writeback.pending;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An extended attribute that differs: its value here, or null if it is gone. */
@SuppressWarnings("ArrayRecordComponent") // compared by has only
record Xattr(byte[] name, byte @Nullable [] value) {
  boolean has(byte[] other) {
    return Arrays.equals(name, other);
  }

  /** Returns the one with a name, or null. */
  static @Nullable Xattr in(List<Xattr> list, byte[] name) {
    for (Xattr each : list) {
      if (each.has(name)) {
        return each;
      }
    }
    return null;
  }
}
