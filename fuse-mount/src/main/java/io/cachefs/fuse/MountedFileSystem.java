package io.cachefs.fuse;

import java.io.Closeable;
import java.time.Duration;

/** A mount that is up. Closing it unmounts, lazily if it is busy, and waits for its threads. */
public interface MountedFileSystem extends Closeable {
  /** Waits until the file system is no longer mounted, whoever unmounted it. */
  void awaitUnmount() throws InterruptedException;

  /** Waits at most so long; returns whether it is no longer mounted. */
  boolean awaitUnmount(Duration atMost) throws InterruptedException;

  /** Drops what the kernel cached of an inode: attributes, and content unless only those. */
  void invalidateInode(long inodeId, boolean attributesOnly);

  /** Drops what the kernel knows of a name in a directory, present or absent. */
  void invalidateEntry(long parent, byte[] name);

  TransportStatus status();

  @Override
  void close();
}
