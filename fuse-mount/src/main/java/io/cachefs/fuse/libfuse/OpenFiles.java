package io.cachefs.fuse.libfuse;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What is open, by the number that libfuse carries in {@code fuse_file_info.fh}. Thread-safe. Each
 * entry owns one holder of its inode, so that an inode outlives its names while it is open.
 */
final class OpenFiles {
  private final AtomicLong numbers = new AtomicLong();
  private final Map<Long, Open> open = new ConcurrentHashMap<>();

  /** How often each inode is open; absent if it is not. */
  private final Map<Long, Integer> counts = new ConcurrentHashMap<>();

  /** Adds an open file and takes over {@code inode}. */
  long add(InodeReference inode, long handle) {
    long number = numbers.incrementAndGet();
    counts.merge(inode.inodeId(), 1, Integer::sum);
    open.put(number, new Open(inode, handle));
    return number;
  }

  Open get(long number) throws FsException {
    Open found = open.get(number);
    if (found == null) {
      throw new FsException(Errno.EBADF);
    }
    return found;
  }

  /** Removes an open file; its inode is to be closed by the caller. */
  Open remove(long number) throws FsException {
    Open removed = open.remove(number);
    if (removed == null) {
      throw new FsException(Errno.EBADF);
    }
    counts.computeIfPresent(
        removed.inode.inodeId(), (inode, count) -> count == 1 ? null : count - 1);
    return removed;
  }

  boolean isOpen(long inodeId) {
    return counts.containsKey(inodeId);
  }

  /** Returns the numbers of all that is open. */
  List<Long> numbers() {
    return new ArrayList<>(open.keySet());
  }

  /** An open file or directory. */
  record Open(InodeReference inode, long handle) {}
}
