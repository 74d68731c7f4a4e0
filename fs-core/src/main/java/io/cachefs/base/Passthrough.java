package io.cachefs.base;

/**
 * A file that the kernel may use instead of asking.
 *
 * @param descriptor open on it in this process
 * @param writable whether the kernel may write there too; if not, it holds a copy, and every write
 *     must come through the handle
 * @param identity tells one copy from another: two with the same number, both of one file and both
 *     not writable, are of the same bytes on disk; 0 for the file itself
 */
public record Passthrough(int descriptor, boolean writable, long identity) {
  /** Returns the file itself, which is right however it changes. */
  public static Passthrough ofFile(int descriptor) {
    return new Passthrough(descriptor, true, 0);
  }

  /** Returns a copy; {@code identity} is never used for another one of the same file. */
  public static Passthrough ofCopy(int descriptor, long identity) {
    return new Passthrough(descriptor, false, identity);
  }

  /** Returns whether the kernel reads and writes the same with one as with the other. */
  public boolean isOfSameFileAs(Passthrough other) {
    return writable == other.writable && identity == other.identity;
  }
}
