package io.cachefs.base;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * One component of a path: 1 to 255 bytes in any encoding, no slash, no NUL, and neither "." nor
 * "..".
 *
 * <p>Names are bytes. {@link #toString()} is for people only and does not round-trip.
 */
public final class Name {
  /** NAME_MAX of Linux, {@code limits.h}. */
  public static final int MAX_LENGTH = 255;

  /** The bytes and one NUL after them, as system calls want them. */
  private final byte[] terminated;

  private Name(byte[] terminated) {
    this.terminated = terminated;
  }

  /** Returns the name made of these bytes, which are copied. */
  public static Name of(byte[] bytes) throws FsException {
    return ofTerminated(Arrays.copyOf(bytes, bytes.length + 1));
  }

  /** Returns the name made of the UTF-8 bytes of {@code text}. */
  public static Name of(String text) throws FsException {
    return of(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Returns the name made of these bytes, the last of which is NUL. The array is kept. */
  public static Name ofTerminated(byte[] terminated) throws FsException {
    int length = terminated.length - 1;
    if (length > MAX_LENGTH) {
      throw new FsException(Errno.ENAMETOOLONG);
    }
    if (length <= 0 || isDots(terminated, length)) {
      throw new FsException(Errno.EINVAL, "not the name of a directory entry");
    }
    for (int i = 0; i < length; i++) {
      if (terminated[i] == '/' || terminated[i] == 0) {
        throw new FsException(Errno.EINVAL, "a name has no slash and no NUL");
      }
    }
    return new Name(terminated);
  }

  private static boolean isDots(byte[] bytes, int length) {
    return length <= 2 && bytes[0] == '.' && (length == 1 || bytes[1] == '.');
  }

  /** Returns the number of bytes. */
  public int length() {
    return terminated.length - 1;
  }

  /** Returns a copy of the bytes. */
  public byte[] bytes() {
    return Arrays.copyOf(terminated, length());
  }

  /** Returns the bytes followed by one NUL. Shared: must not be changed. */
  public byte[] terminated() {
    return terminated;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Name name && Arrays.equals(terminated, name.terminated);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(terminated);
  }

  @Override
  public String toString() {
    return new String(terminated, 0, length(), StandardCharsets.UTF_8);
  }
}
