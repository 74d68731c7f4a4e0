package io.cachefs.base;

import org.jspecify.annotations.Nullable;

/**
 * A file-system operation that ended in an errno.
 *
 * <p>Carries no stack trace: most of these are answers ("no such name"), not faults. A fault keeps
 * its story in the {@linkplain #getCause() cause}.
 */
public class FsException extends Exception {
  private static final long serialVersionUID = 1L;

  private final Errno errno;

  public FsException(Errno errno) {
    this(errno, errno.description(), null);
  }

  public FsException(Errno errno, String message) {
    this(errno, message, null);
  }

  public FsException(Errno errno, String message, @Nullable Throwable cause) {
    super(message, cause, false, false);
    this.errno = errno;
  }

  /** Built only when somebody reads it: most of these are answers that nobody prints. */
  @Override
  public String getMessage() {
    return errno + ": " + super.getMessage();
  }

  /** Returns what went wrong in words alone, for a sentence that goes on. */
  public final String detail() {
    return String.valueOf(super.getMessage());
  }

  /** Returns what the caller of the operation is told. */
  public final Errno errno() {
    return errno;
  }
}
