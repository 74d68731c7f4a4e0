package io.cachefs.writeback.send;

import io.cachefs.base.FsException;
import java.nio.ByteBuffer;
import java.util.List;

/** The changed bytes of a file at one moment; stays readable until it was answered for. */
public interface Dirty {
  /** Returns the size of the file after the change. */
  long size();

  /**
   * Returns how many bytes of the source's file count; what lies behind and is not in {@link
   * #ranges} is zero.
   */
  long baseLimit();

  /** Returns what was written, in order, without overlaps. */
  List<Range> ranges();

  /** Reads from within one of the ranges. */
  void read(long offset, ByteBuffer target) throws FsException;

  /** Bytes of a file. */
  record Range(long offset, long length) {}
}
