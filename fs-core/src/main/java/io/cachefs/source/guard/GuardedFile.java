package io.cachefs.source.guard;

import io.cachefs.base.Attributes;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Passthrough;
import io.cachefs.source.SourceFile;
import io.cachefs.source.SourceNode;
import io.cachefs.source.guard.Gate.Kind;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * An open file whose calls have a deadline. Content goes through memory of the worker that makes
 * the call, so that a call that was given up has nothing of the caller's.
 */
final class GuardedFile implements SourceFile {
  /** The largest transfer of one call, and so the memory of one worker. */
  private static final int MAX_TRANSFER = 1 << 20;

  private final Gate gate;
  private final SourceFile inner;
  private final AtomicBoolean closed = new AtomicBoolean();

  GuardedFile(Gate gate, SourceFile inner) {
    this.gate = gate;
    this.inner = inner;
  }

  @Override
  public void belongTo(SourceNode known) {
    inner.belongTo(known);
  }

  @Override
  public Attributes attributes() throws FsException {
    return gate.read(inner::attributes);
  }

  @Override
  public void adviseRandom(boolean random) {
    // Nobody waits for an advice, and it never asks the source.
    inner.adviseRandom(random);
  }

  @Override
  public int read(long offset, ByteBuffer target) throws FsException {
    int total = 0;
    int wanted;
    int count;
    do {
      long from = offset + total;
      wanted = Math.min(target.remaining(), MAX_TRANSFER);
      int most = wanted;
      count = gate.pass(Kind.READS, () -> new Read(from, most, target));
      total += count;
    } while (count == wanted && target.hasRemaining());
    return total;
  }

  private final class Read extends Call<Integer> {
    private final long offset;
    private final int most;
    private final ByteBuffer target;

    Read(long offset, int most, ByteBuffer target) {
      this.offset = offset;
      this.most = most;
      this.target = target;
    }

    @Override
    int scratchBytes() {
      return most;
    }

    @Override
    Integer run(ByteBuffer scratch) throws FsException {
      return inner.read(offset, scratch);
    }

    @Override
    void deliver(Integer count, ByteBuffer scratch) {
      target.put(scratch.flip());
    }
  }

  @Override
  public int write(long offset, ByteBuffer data) throws FsException {
    int total = 0;
    int wanted;
    int count;
    do {
      long to = offset + total;
      wanted = Math.min(data.remaining(), MAX_TRANSFER);
      int most = wanted;
      try {
        count = gate.pass(Kind.CHANGES, () -> new Write(to, most, data));
      } catch (FsException e) {
        if (total > 0) {
          // What was written counts; the next write meets the error again.
          return total;
        }
        throw e;
      }
      data.position(data.position() + count);
      total += count;
    } while (count == wanted && data.hasRemaining());
    return total;
  }

  private final class Write extends Call<Integer> {
    private final long offset;
    private final int most;
    private final ByteBuffer data;

    Write(long offset, int most, ByteBuffer data) {
      this.offset = offset;
      this.most = most;
      this.data = data;
    }

    @Override
    int scratchBytes() {
      return most;
    }

    @Override
    void take(ByteBuffer scratch) {
      scratch.put(0, data, data.position(), most);
    }

    @Override
    Integer run(ByteBuffer scratch) throws FsException {
      return inner.write(offset, scratch);
    }
  }

  @Override
  public void truncate(long size) throws FsException {
    gate.run(Kind.CHANGES, () -> inner.truncate(size));
  }

  @Override
  public void flush() throws FsException {
    gate.run(Kind.MOVES_MUCH, inner::flush);
  }

  @Override
  public void sync(boolean dataOnly) throws FsException {
    gate.run(Kind.MOVES_MUCH, () -> inner.sync(dataOnly));
  }

  @Override
  public void allocate(int mode, long offset, long length) throws FsException {
    gate.run(Kind.MOVES_MUCH, () -> inner.allocate(mode, offset, length));
  }

  @Override
  public long seek(long offset, int whence) throws FsException {
    return gate.read(() -> inner.seek(offset, whence));
  }

  @Override
  public long copyTo(long offset, SourceFile target, long targetOffset, long length)
      throws FsException {
    if (!(target instanceof GuardedFile other)) {
      throw new FsException(Errno.EXDEV);
    }
    return gate.open(
        Kind.MOVES_MUCH,
        () -> inner.copyTo(offset, other.inner, targetOffset, length),
        copied -> {});
  }

  @Override
  public byte[] ioctl(int command, byte[] input, int outputSize) throws FsException {
    return gate.change(() -> inner.ioctl(command, input, outputSize));
  }

  /** The kernel would wait for the source without a deadline. */
  @Override
  public @Nullable Passthrough passthrough() {
    return null;
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      gate.later(inner::close);
    }
  }
}
