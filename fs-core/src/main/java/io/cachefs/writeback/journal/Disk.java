package io.cachefs.writeback.journal;

import io.cachefs.base.FsException;
import java.util.List;

/** The directory a journal is in. Thread-safe. */
public interface Disk {
  /** Returns the names of all files, in no order. */
  List<String> names() throws FsException;

  /** Opens a file for reading and writing; one that is not there is made if {@code create}. */
  DiskFile open(String name, boolean create) throws FsException;

  void remove(String name) throws FsException;

  /** After this, which files there are survives a power cut. */
  void syncDirectory() throws FsException;
}
