package io.cachefs.source;

import io.cachefs.base.Attributes;
import io.cachefs.base.FsException;
import io.cachefs.base.Passthrough;
import java.io.Closeable;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** An open file of a source. Thread-safe, except that nothing may be called after close. */
public interface SourceFile extends Closeable {
  /**
   * Says that the file is of {@code known}, another node of the same file, as long as it is open.
   * Called by whoever opened it, before anyone else has it.
   */
  void belongTo(SourceNode known);

  Attributes attributes() throws FsException;

  /** Reads into the direct {@code target}, less than asked only at the end of the file. */
  int read(long offset, ByteBuffer target) throws FsException;

  /**
   * Writes what remains in the direct {@code data}, and returns how much of it: less than all only
   * if a part was written before something failed, which the next write will meet.
   */
  int write(long offset, ByteBuffer data) throws FsException;

  void truncate(long size) throws FsException;

  /** Asks for failures of earlier writes, where the source reports them only at close. */
  void flush() throws FsException;

  void sync(boolean dataOnly) throws FsException;

  void allocate(int mode, long offset, long length) throws FsException;

  long seek(long offset, int whence) throws FsException;

  /** Copies within the source; both files belong to it. */
  long copyTo(long offset, SourceFile target, long targetOffset, long length) throws FsException;

  byte[] ioctl(int command, byte[] input, int outputSize) throws FsException;

  /**
   * Says whether the next reads will be here and there, so that the source need not read ahead.
   * Asks nothing of the source.
   */
  default void adviseRandom(boolean random) {}

  /** Returns how the kernel may read and write by itself while this is open, or null. */
  @Nullable Passthrough passthrough();

  @Override
  void close();
}
