package io.cachefs.source.posix;

import io.cachefs.base.Attributes;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.source.SourceFile;
import io.cachefs.source.SourceNode;
import io.cachefs.sys.FileCalls;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * An open file. The descriptor is counted: an operation that is still running when the file is
 * closed, because its caller was interrupted, finishes on the right file.
 */
final class PosixFile implements SourceFile {
  private final FileCalls calls;
  private final PosixSource source;
  private final Descriptor descriptor;
  private final boolean reportsErrorsAtClose;
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile PosixNode node;

  /** Takes over the descriptor. */
  PosixFile(
      FileCalls calls,
      PosixSource source,
      PosixNode node,
      int descriptor,
      boolean reportsErrorsAtClose) {
    this.calls = calls;
    this.source = source;
    this.node = node;
    this.descriptor = new Descriptor(calls, descriptor);
    this.reportsErrorsAtClose = reportsErrorsAtClose;
    node.attach(this.descriptor);
  }

  @Override
  public void belongTo(SourceNode known) {
    PosixNode found = node;
    if (known != found) {
      node = (PosixNode) known;
      node.attach(descriptor);
      found.detach(descriptor);
    }
  }

  private int use() throws FsException {
    if (closed.get() || !descriptor.tryUse()) {
      throw new FsException(Errno.EBADF, "file is closed");
    }
    return descriptor.number();
  }

  @Override
  public Attributes attributes() throws FsException {
    int number = use();
    try {
      return source.visible(calls.attributes(number, NodeOpener.SELF, FileCalls.EMPTY_PATH));
    } finally {
      descriptor.release();
    }
  }

  @Override
  public int read(long offset, ByteBuffer target) throws FsException {
    int number = use();
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
      descriptor.release();
    }
  }

  @Override
  public int write(long offset, ByteBuffer data) throws FsException {
    int number = use();
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
      descriptor.release();
    }
  }

  @Override
  public void truncate(long size) throws FsException {
    int number = use();
    try {
      calls.truncate(number, size);
    } finally {
      descriptor.release();
    }
  }

  @Override
  public void flush() throws FsException {
    if (!reportsErrorsAtClose) {
      return;
    }
    int number = use();
    try {
      calls.closeCopy(number);
    } finally {
      descriptor.release();
    }
  }

  @Override
  public void sync(boolean dataOnly) throws FsException {
    int number = use();
    try {
      calls.sync(number, dataOnly);
    } finally {
      descriptor.release();
    }
  }

  @Override
  public void allocate(int mode, long offset, long length) throws FsException {
    int number = use();
    try {
      calls.allocate(number, mode, offset, length);
    } finally {
      descriptor.release();
    }
  }

  @Override
  public long seek(long offset, int whence) throws FsException {
    int number = use();
    try {
      return calls.seek(number, offset, whence);
    } finally {
      descriptor.release();
    }
  }

  @Override
  public long copyTo(long offset, SourceFile target, long targetOffset, long length)
      throws FsException {
    if (!(target instanceof PosixFile other)) {
      throw new FsException(Errno.EXDEV);
    }
    int number = use();
    try {
      int targetNumber = other.use();
      try {
        return calls.copyRange(number, offset, targetNumber, targetOffset, length);
      } finally {
        other.descriptor.release();
      }
    } finally {
      descriptor.release();
    }
  }

  @Override
  public byte[] ioctl(int command, byte[] input, int outputSize) throws FsException {
    int number = use();
    try {
      return Ioctls.call(calls, number, command, input, outputSize);
    } finally {
      descriptor.release();
    }
  }

  @Override
  public int descriptor() {
    return closed.get() ? -1 : descriptor.number();
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      node.detach(descriptor);
      descriptor.release();
    }
  }
}
