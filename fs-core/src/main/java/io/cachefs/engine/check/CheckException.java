package io.cachefs.engine.check;

/** A cache cannot be checked. The message is one sentence. */
public final class CheckException extends Exception {
  private static final long serialVersionUID = 1L;

  private final boolean locked;
  private final long pid;

  CheckException(String message, Throwable cause) {
    this(message, false, 0, cause);
  }

  CheckException(String message, boolean locked, long pid, Throwable cause) {
    super(message, cause);
    this.locked = locked;
    this.pid = pid;
  }

  /** Returns whether it is only that another process uses the cache now. */
  public boolean isLocked() {
    return locked;
  }

  /** Returns that process, or 0 if it is not known. */
  public long pid() {
    return pid;
  }
}
