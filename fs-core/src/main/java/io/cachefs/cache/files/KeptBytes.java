package io.cachefs.cache.files;

import io.cachefs.base.ByteRange;
import io.cachefs.base.FsException;
import java.nio.ByteBuffer;
import java.util.List;

/** Bytes of a file that somebody knows without asking the source. */
public interface KeptBytes {
  /** Returns which bytes are known, in order and apart from each other. */
  List<ByteRange> ranges();

  /** Fills the direct {@code target} from an offset on; all of that is in one of the ranges. */
  void read(long offset, ByteBuffer target) throws FsException;
}
