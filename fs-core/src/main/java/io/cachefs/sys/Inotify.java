package io.cachefs.sys;

import io.cachefs.base.FsException;
import java.io.Closeable;

/**
 * A queue of what happens in directories, see inotify(7). Thread-safe, except that nobody may use
 * it once it was closed. One thread reads it.
 */
public interface Inotify extends Closeable {
  // From sys/inotify.h.
  int MODIFY = 0x2;
  int ATTRIB = 0x4;
  int CLOSE_WRITE = 0x8;
  int MOVED_FROM = 0x40;
  int MOVED_TO = 0x80;
  int CREATE = 0x100;
  int DELETE = 0x200;
  int DELETE_SELF = 0x400;
  int MOVE_SELF = 0x800;
  int UNMOUNT = 0x2000;
  int OVERFLOW = 0x4000;
  int IGNORED = 0x8000;

  /** The fields of {@code struct inotify_event} before the name. */
  int HEADER = 16;

  /**
   * Watches an open directory for all that changes in it, and returns the number its events have;
   * the same number if it is watched already. Fails with ENOSPC if the user watches too many.
   */
  int watch(int directory) throws FsException;

  /** Ends a watch; harmless if it ended by itself. */
  void unwatch(int watch);

  /** Waits until there is an event or somebody calls {@link #wake}. */
  void awaitEvents() throws FsException;

  /** Waits so long, or until somebody calls {@link #wake}. */
  void pause(int millis) throws FsException;

  /** Ends the waiting of the thread that reads, now or when it waits the next time. */
  void wake();

  /** Reads the events there are, as many as fit, from the start of {@code into}; 0 if none. */
  int read(NativeBuffer into) throws FsException;

  /** Returns whether no event waits to be read. */
  boolean isEmpty() throws FsException;

  @Override
  void close();
}
