package io.cachefs.cache.files;

import io.cachefs.base.Attributes;
import io.cachefs.base.Caller;

/** Decides what the mode of a file alone can decide. */
final class Access {
  private static final int WRITE = 2;
  private static final int EXECUTE = 1;
  private static final int ANY_EXECUTE = 0111;

  private Access() {}

  /**
   * Returns whether the caller may surely do what {@code mask} says. The bits of the owner count
   * whatever an access control list says; those of the group and the others may not, and writing
   * may be refused for other reasons.
   */
  static boolean isSurelyAllowed(Caller caller, Attributes attributes, int mask) {
    if ((mask & WRITE) != 0) {
      return false;
    }
    int mode = attributes.mode();
    if (caller.uid() == 0) {
      boolean executable = attributes.isDirectory() || (mode & ANY_EXECUTE) != 0;
      return (mask & EXECUTE) == 0 || executable;
    }
    return caller.uid() == attributes.uid() && (mode >> 6 & mask) == mask;
  }
}
