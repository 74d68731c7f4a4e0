package io.cachefs.source.posix;

import io.cachefs.base.Attributes;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Passthrough;
import io.cachefs.source.SourceFile;
import io.cachefs.source.SourceNode;
import io.cachefs.sys.FileCalls;
import java.nio.ByteBuffer;

/**
 * An open file. The descriptor is counted: an operation that is still running when the file is
 * closed, because its caller was interrupted, finishes on the right file.
 */
final class PosixFile implements SourceFile {
  private final FileCalls calls;
  private final OpenDescriptor open;
  private final boolean reportsErrorsAtClose;

  /** Takes over the descriptor. */
  PosixFile(
      FileCalls calls,
      PosixSource source,
      PosixNode node,
      int descriptor,
      boolean reportsErrorsAtClose) {
    this.calls = calls;
    this.open = new OpenDescriptor(calls, source, node, descriptor);
    this.reportsErrorsAtClose = reportsErrorsAtClose;
  }

  @Override
  public void belongTo(SourceNode known) {
    open.belongTo((PosixNode) known);
  }

  @Override
  public Attributes attributes() throws FsException {
    return open.attributes();
  }

  @Override
  public int read(long offset, ByteBuffer target) throws FsException {
    int number = open.use();
    try {
      int total = 0;
      while (target.hasRemaining()) {
        int count = calls.read(number, offset + total, target);
        if (count == 0) {
          break;
        }
        total += count;
      }
      return total;
    } finally {
      open.release();
    }
  }

  @Override
  public void adviseRandom(boolean random) {
    try {
      int number = open.use();
      try {
        calls.adviseRandom(number, random);
      } finally {
        open.release();
      }
    } catch (FsException e) {
      // Closed meanwhile: nobody reads it any more.
    }
  }

  @Override
  public int write(long offset, ByteBuffer data) throws FsException {
    int number = open.use();
    try {
      int total = 0;
      while (data.hasRemaining()) {
        try {
          int count = calls.write(number, offset + total, data);
          if (count == 0) {
            return total;
          }
          total += count;
        } catch (FsException e) {
          if (total > 0) {
            // What was written counts; the next write meets the error again.
            return total;
          }
          throw e;
        }
      }
      return total;
    } finally {
      open.release();
    }
  }

  @Override
  public void truncate(long size) throws FsException {
    int number = open.use();
    try {
      calls.truncate(number, size);
    } finally {
      open.release();
    }
  }

  @Override
  public void flush() throws FsException {
    if (!reportsErrorsAtClose) {
      return;
    }
    int number = open.use();
    try {
      calls.closeCopy(number);
    } finally {
      open.release();
    }
  }

  @Override
  public void sync(boolean dataOnly) throws FsException {
    open.sync(dataOnly);
  }

  @Override
  public void allocate(int mode, long offset, long length) throws FsException {
    int number = open.use();
    try {
      calls.allocate(number, mode, offset, length);
    } finally {
      open.release();
    }
  }

  @Override
  public long seek(long offset, int whence) throws FsException {
    int number = open.use();
    try {
      return calls.seek(number, offset, whence);
    } finally {
      open.release();
    }
  }

  @Override
  public long copyTo(long offset, SourceFile target, long targetOffset, long length)
      throws FsException {
    if (!(target instanceof PosixFile other)) {
      throw new FsException(Errno.EXDEV);
    }
    int number = open.use();
    try {
      int targetNumber = other.open.use();
      try {
        return calls.copyRange(number, offset, targetNumber, targetOffset, length);
      } finally {
        other.open.release();
      }
    } finally {
      open.release();
    }
  }

  @Override
  public byte[] ioctl(int command, byte[] input, int outputSize) throws FsException {
    return open.ioctl(command, input, outputSize);
  }

  @Override
  public Passthrough passthrough() {
    return Passthrough.ofFile(open.number());
  }

  @Override
  public void close() {
    open.close();
  }
}
