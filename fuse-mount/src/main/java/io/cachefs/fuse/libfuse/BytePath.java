package io.cachefs.fuse.libfuse;

import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A path below the root of the mount, as its bytes; the root is the empty path. Immutable. */
final class BytePath {
  static final BytePath ROOT = new BytePath(new byte[0], 0);

  /** Shared with the path this is a prefix of; never changed. */
  private final byte[] bytes;

  private final int length;
  private final int hash;

  private BytePath(byte[] bytes, int length) {
    this.bytes = bytes;
    this.length = length;
    int sum = 0;
    for (int i = 0; i < length; i++) {
      sum = 31 * sum + bytes[i];
    }
    this.hash = sum;
  }

  /** Returns the path that libfuse gives: absolute, one slash between names. The array is kept. */
  static BytePath of(byte[] bytes) {
    return bytes.length <= 1 ? ROOT : new BytePath(bytes, bytes.length);
  }

  boolean isRoot() {
    return length == 0;
  }

  /** Returns the path without its last name. */
  BytePath parent() {
    int slash = lastSlash();
    return slash == 0 ? ROOT : new BytePath(bytes, slash);
  }

  /** Returns the last name; fails with ENAMETOOLONG where it is too long for a name. */
  Name name() throws FsException {
    return Name.of(Arrays.copyOfRange(bytes, lastSlash() + 1, length));
  }

  /** Returns whether the last name starts with these bytes. */
  boolean nameStartsWith(byte[] prefix) {
    int start = lastSlash() + 1;
    return length - start >= prefix.length
        && Arrays.equals(bytes, start, start + prefix.length, prefix, 0, prefix.length);
  }

  /** Returns whether this is {@code other} or inside it. */
  boolean isWithin(BytePath other) {
    return length >= other.length
        && Arrays.equals(bytes, 0, other.length, other.bytes, 0, other.length)
        && (length == other.length || bytes[other.length] == '/');
  }

  private int lastSlash() {
    int at = length - 1;
    while (at > 0 && bytes[at] != '/') {
      at--;
    }
    return at;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof BytePath path
        && hash == path.hash
        && Arrays.equals(bytes, 0, length, path.bytes, 0, path.length);
  }

  @Override
  public int hashCode() {
    return hash;
  }

  /** For people only; does not round-trip. */
  @Override
  public String toString() {
    return isRoot() ? "/" : new String(bytes, 0, length, StandardCharsets.UTF_8);
  }
}
