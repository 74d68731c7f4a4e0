package io.cachefs.writeback.send;

import io.cachefs.base.FsException;

/** A change of a file failed before anything of it was done at the source. */
public final class UntouchedException extends FsException {
  private static final long serialVersionUID = 1;

  UntouchedException(FsException cause) {
    super(cause.errno(), String.valueOf(cause.getMessage()), cause);
  }
}
