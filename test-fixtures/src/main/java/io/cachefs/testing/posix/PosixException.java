package io.cachefs.testing.posix;

/** A system call that failed. */
public final class PosixException extends RuntimeException {
  private final Errno errno;
  private final String call;

  /** The call named {@code call} answered with the error number {@code number}. */
  public PosixException(int number, String call) {
    super(call + ": " + Errno.of(number) + " (" + number + ")");
    this.errno = Errno.of(number);
    this.call = call;
  }

  /** Why the call failed. */
  public Errno errno() {
    return errno;
  }

  /** The call that failed, without its arguments. */
  public String call() {
    int end = call.indexOf('(');
    return end < 0 ? call : call.substring(0, end);
  }
}
