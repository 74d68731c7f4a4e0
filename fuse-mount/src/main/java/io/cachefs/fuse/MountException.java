package io.cachefs.fuse;

import org.jspecify.annotations.Nullable;

/** A mount that could not be made; the message is one sentence for the user. */
public final class MountException extends Exception {
  private static final long serialVersionUID = 1L;

  public MountException(String message) {
    super(message);
  }

  public MountException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
