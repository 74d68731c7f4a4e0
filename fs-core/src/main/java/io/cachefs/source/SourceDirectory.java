package io.cachefs.source;

import io.cachefs.base.Attributes;
import io.cachefs.base.FsException;
import java.io.Closeable;

/** An open directory of a source. Used by one thread at a time. */
public interface SourceDirectory extends Closeable {
  /** Receives entries until it refuses one. */
  interface Visitor {
    /**
     * Receives one entry; the position after it is {@code nextCookie}.
     *
     * @param name holds the name in its first {@code length} bytes, during the call only
     * @return false to end before this entry, which is then the first of the next listing
     */
    boolean visit(byte[] name, int length, long inode, int type, long nextCookie)
        throws FsException;
  }

  Attributes attributes() throws FsException;

  /**
   * Returns the attributes as they were when the directory was listed or later, which may spare a
   * question; the time of the last access may be older.
   */
  default Attributes attributesAfterListing() throws FsException {
    return attributes();
  }

  /** Lists from a position on: 0 or the cookie of an entry. "." and ".." are listed too. */
  void list(long cookie, Visitor visitor) throws FsException;

  /** As {@link #list}, for a visitor that looks each name up when it gets it. */
  default void listToFind(long cookie, Visitor visitor) throws FsException {
    list(cookie, visitor);
  }

  void sync(boolean dataOnly) throws FsException;

  byte[] ioctl(int command, byte[] input, int outputSize) throws FsException;

  @Override
  void close();
}
