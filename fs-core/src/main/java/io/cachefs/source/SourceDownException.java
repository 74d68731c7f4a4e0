package io.cachefs.source;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import org.jspecify.annotations.Nullable;

/**
 * The source does not answer, so this says nothing about the file that was asked for. Whoever knows
 * what the source said before may go by that.
 */
public final class SourceDownException extends FsException {
  private static final long serialVersionUID = 1L;

  public SourceDownException(String message) {
    this(message, null);
  }

  public SourceDownException(String message, @Nullable Throwable cause) {
    super(Errno.EIO, message, cause);
  }
}
