package io.cachefs.vfs;

import io.cachefs.base.FsException;
import org.jspecify.annotations.Nullable;

/** Receives the entries of a directory, in order, until it is full. */
public interface DirectorySink {
  /**
   * Offers one entry.
   *
   * @param name the bytes of the name, valid during the call only; may be "." and ".."
   * @param length how many bytes of {@code name} count
   * @param inode the inode number users see
   * @param type the type as {@code dirent.d_type} has it, 0 if not known
   * @param nextCookie the position after this entry
   * @param entry the entry with its attributes when they were asked for and could be had; the sink
   *     owns its reference if and only if it accepts the entry
   * @return whether the entry was accepted; false ends the listing before it
   */
  boolean accept(
      byte[] name, int length, long inode, int type, long nextCookie, @Nullable Entry entry)
      throws FsException;

  /** Returns whether a name is "." or "..", which are listed but never looked up. */
  static boolean isDots(byte[] name, int length) {
    return length <= 2 && name[0] == '.' && (length == 1 || name[1] == '.');
  }
}
