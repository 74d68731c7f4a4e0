package io.cachefs.engine;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.store.directory.CacheDirectoryException;

/** The cache directory of a file system cannot be used, which is not the fault of its source. */
public final class CacheUnusableException extends FsException {
  private static final long serialVersionUID = 1L;

  private final String sentence;
  private final boolean locked;
  private final long pid;

  CacheUnusableException(String sentence, Exception cause) {
    this(sentence, false, 0, cause);
  }

  CacheUnusableException(String sentence, boolean locked, long pid, Exception cause) {
    super(Errno.EIO, sentence, cause);
    this.sentence = sentence;
    this.locked = locked;
    this.pid = pid;
  }

  /** Returns in one sentence what is wrong and what to do. */
  public String sentence() {
    return sentence;
  }

  /** Returns whether it is only that another process uses it now. */
  public boolean isLocked() {
    return locked;
  }

  /** Returns whether it is the cache of another source. */
  public boolean isOfAnother() {
    return getCause() instanceof CacheDirectoryException cause
        && cause.kind() == CacheDirectoryException.Kind.OTHER_SOURCE;
  }

  /** Returns that process, or 0 if it is not known. */
  public long pid() {
    return pid;
  }
}
