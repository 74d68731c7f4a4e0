package io.cachefs.vfs.handle;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.OpenFlags;
import io.cachefs.source.SourceDirectory;
import io.cachefs.source.SourceFile;
import io.cachefs.vfs.inode.Inode;
import io.cachefs.vfs.inode.SlotTable;
import java.util.concurrent.atomic.AtomicInteger;

/** All open files and directories. Thread-safe. */
public final class HandleTable {
  private final SlotTable<OpenHandle> handles = new SlotTable<>();
  private final AtomicInteger count = new AtomicInteger();
  private volatile boolean ended;

  public OpenHandle add(Inode inode, SourceFile file, int flags) {
    count.incrementAndGet();
    if (OpenFlags.mayWrite(flags)) {
      inode.writerOpened();
    }
    return closedIfEnded(handles.add(number -> new OpenHandle.OfFile(number, inode, file, flags)));
  }

  public OpenHandle add(Inode inode, SourceDirectory directory) {
    count.incrementAndGet();
    return closedIfEnded(
        handles.add(number -> new OpenHandle.OfDirectory(number, inode, directory)));
  }

  /** What was opened while all was being closed is closed as well. */
  private OpenHandle closedIfEnded(OpenHandle handle) {
    if (ended) {
      close(handle.number());
    }
    return handle;
  }

  /** Returns an open file or directory; a number that is not open is EBADF. */
  public OpenHandle get(long number) throws FsException {
    OpenHandle handle = handles.find(number);
    if (handle == null) {
      throw new FsException(Errno.EBADF, "no such handle");
    }
    return handle;
  }

  public OpenHandle.OfFile file(long number) throws FsException {
    if (get(number) instanceof OpenHandle.OfFile file) {
      return file;
    }
    throw new FsException(Errno.EISDIR, "handle is of a directory");
  }

  public OpenHandle.OfDirectory directory(long number) throws FsException {
    if (get(number) instanceof OpenHandle.OfDirectory directory) {
      return directory;
    }
    throw new FsException(Errno.ENOTDIR, "handle is of a file");
  }

  /** Closes a handle; closing it again is harmless. */
  public void close(long number) {
    OpenHandle handle = handles.remove(number);
    if (handle != null) {
      count.decrementAndGet();
      handle.close();
      if (handle instanceof OpenHandle.OfFile file && file.mayWrite()) {
        file.inode().writerClosed();
      }
    }
  }

  /** Returns how many are open. */
  public int size() {
    return count.get();
  }

  /** Closes all handles, and from now on each new one. */
  public void closeAll() {
    ended = true;
    for (OpenHandle handle : handles.all()) {
      close(handle.number());
    }
  }
}
