package io.cachefs.base;

/** A part of a file. */
public record ByteRange(long offset, long length) {
  public ByteRange {
    if (offset < 0 || length < 0 || offset + length < 0) {
      throw new IllegalArgumentException("no range: " + offset + " + " + length);
    }
  }

  /** Returns the offset of the first byte after the range. */
  public long end() {
    return offset + length;
  }
}
