package io.cachefs.store.directory;

/** A directory cannot be used as a cache. The message is one sentence and says what to do. */
public final class CacheDirectoryException extends Exception {
  private static final long serialVersionUID = 1L;

  private final Kind kind;
  private final long pid;

  /** Why. */
  public enum Kind {
    /** Another process uses it. */
    LOCKED,
    /** It is the cache of another source. */
    OTHER_SOURCE,
    /** It was made by a later version of the program. */
    NEWER_FORMAT,
    /** There is something else in it. */
    NOT_A_CACHE,
    /** It cannot be made, read or written, or lies where no cache may be. */
    UNUSABLE
  }

  CacheDirectoryException(Kind kind, String message) {
    this(kind, message, 0);
  }

  CacheDirectoryException(Kind kind, String message, long pid) {
    super(message);
    this.kind = kind;
    this.pid = pid;
  }

  CacheDirectoryException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
    pid = 0;
  }

  public Kind kind() {
    return kind;
  }

  /** Returns who uses the directory if it is {@link Kind#LOCKED}, or 0 if that is not known. */
  public long pid() {
    return pid;
  }
}
