package io.cachefs.vfs.handle;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.OpenFlags;
import io.cachefs.source.FlagCommands;
import io.cachefs.source.SourceDirectory;
import io.cachefs.source.SourceFile;
import io.cachefs.vfs.inode.Inode;

/** One open of a file or a directory. Immutable; closed by {@link HandleTable}. */
public sealed interface OpenHandle {
  long number();

  Inode inode();

  byte[] ioctl(int command, byte[] input, int outputSize) throws FsException;

  void close();

  /** An open file; {@code flags} are those of {@code open(2)}. */
  record OfFile(long number, Inode inode, SourceFile file, int flags) implements OpenHandle {
    public boolean mayWrite() {
      return OpenFlags.mayWrite(flags);
    }

    public boolean mayRead() {
      return (flags & OpenFlags.ACCESS_MODE) != OpenFlags.WRITE_ONLY;
    }

    /** Fails unless the file was opened for writing. */
    public void requireWritable() throws FsException {
      if (!mayWrite()) {
        throw new FsException(Errno.EBADF, "not open for writing");
      }
    }

    @Override
    public byte[] ioctl(int command, byte[] input, int outputSize) throws FsException {
      FlagCommands.require(command);
      return file.ioctl(command, input, outputSize);
    }

    @Override
    public void close() {
      file.close();
    }
  }

  /** An open directory. */
  record OfDirectory(long number, Inode inode, SourceDirectory directory) implements OpenHandle {
    @Override
    public byte[] ioctl(int command, byte[] input, int outputSize) throws FsException {
      FlagCommands.require(command);
      return directory.ioctl(command, input, outputSize);
    }

    @Override
    public void close() {
      directory.close();
    }
  }
}
