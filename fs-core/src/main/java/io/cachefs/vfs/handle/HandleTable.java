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

  public OpenHandle add(Inode inode, SourceFile file, int flags) {
    count.incrementAndGet();
    if (OpenFlags.mayWrite(flags)) {
      inode.writerOpened();
    }
    return handles.add(number -> new OpenHandle.OfFile(number, inode, file, flags));
  }

  public OpenHandle add(Inode inode, SourceDirectory directory) {
    count.incrementAndGet();
    return handles.add(number -> new OpenHandle.OfDirectory(number, inode, directory));
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

  public void closeAll() {
    for (OpenHandle handle : handles.all()) {
      close(handle.number());
    }
  }
}
