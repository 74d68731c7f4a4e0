package io.cachefs.writeback.journal;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import org.jspecify.annotations.Nullable;

/** The journal could not do what was asked. The errno is what the caller of a change is told. */
public final class JournalException extends FsException {
  private static final long serialVersionUID = 1;

  /** Why. */
  public enum Kind {
    /** There is no room; nothing was appended, and it may be tried again. */
    FULL,
    /** A call on the disk failed; nothing was appended, and it may be tried again. */
    DISK,
    /** A sync failed or the end of the journal is unknown: nothing is appended any more. */
    FAILED,
    /** What was to be read does not fit its checksum. */
    DAMAGED,
    /** What was to be read was released and removed. */
    GONE,
    /** The journal was written by a newer cachefs. */
    NEWER_FORMAT,
    /** The journal was closed. */
    CLOSED
  }

  private final Kind kind;

  public JournalException(Kind kind, Errno errno, String message) {
    this(kind, errno, message, null);
  }

  public JournalException(Kind kind, Errno errno, String message, @Nullable Throwable cause) {
    super(errno, message, cause);
    this.kind = kind;
  }

  /** A call that failed, told apart by whether there was no space. */
  static JournalException of(String what, FsException cause) {
    if (cause instanceof JournalException already) {
      return already;
    }
    boolean full = cause.errno() == Errno.ENOSPC || cause.errno() == Errno.EDQUOT;
    return new JournalException(
        full ? Kind.FULL : Kind.DISK,
        full ? cause.errno() : Errno.EIO,
        "journal: " + what + ": " + cause.getMessage(),
        cause);
  }

  public Kind kind() {
    return kind;
  }
}
