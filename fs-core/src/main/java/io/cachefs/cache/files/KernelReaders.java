package io.cachefs.cache.files;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.ByteRange;
import io.cachefs.base.FsException;
import io.cachefs.cache.data.Content;
import io.cachefs.source.SourceFile;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The open files of one file whose blob a kernel reads by itself. The kernel cannot be moved to
 * another blob while they are open, so when the file changes, the blob is given up by the cache and
 * made to follow the file. Thread-safe.
 */
final class KernelReaders {
  private static final int COPIED_AT_ONCE = 1 << 20;

  @GuardedBy("this")
  private final List<ContentUse> uses = new ArrayList<>(1);

  /** Takes over one use. */
  synchronized void add(ContentUse use) {
    uses.add(use);
  }

  void remove(ContentUse use) {
    synchronized (this) {
      uses.remove(use);
    }
    use.release();
  }

  synchronized boolean isEmpty() {
    return uses.isEmpty();
  }

  /** Returns the contents, each with a use of its own that {@link #release} ends. */
  private synchronized List<ContentUse> taken() {
    List<ContentUse> taken = new ArrayList<>(uses);
    taken.forEach(ContentUse::take);
    return taken;
  }

  private static void release(List<ContentUse> taken) {
    taken.forEach(ContentUse::release);
  }

  /** What is done to each blob. */
  private interface Action {
    void on(Content content) throws FsException;
  }

  private void each(Action action) throws FsException {
    List<ContentUse> taken = taken();
    try {
      for (ContentUse use : taken) {
        action.on(use.content());
      }
    } finally {
      release(taken);
    }
  }

  /** Gives the blobs up, before the content is dropped. */
  void detach() throws FsException {
    each(Content::detach);
  }

  /** Repeats a write to the file; what remains in {@code data} was written. */
  void written(long offset, ByteBuffer data) throws FsException {
    each(content -> content.writeDetached(offset, data.duplicate()));
  }

  void truncated(long size) throws FsException {
    each(content -> content.truncateDetached(size));
  }

  /** Brings a range up to what the file has now. */
  void copy(SourceFile file, long offset, long length) throws FsException {
    ByteBuffer buffer = ByteBuffer.allocateDirect((int) Math.min(COPIED_AT_ONCE, length));
    long end = offset + length;
    long at = offset;
    while (at < end) {
      buffer.clear().limit((int) Math.min(buffer.capacity(), end - at));
      int count = file.read(at, buffer);
      if (count <= 0) {
        return;
      }
      buffer.flip();
      written(at, buffer);
      at += count;
    }
  }

  /** Writes to the file what kernels wrote into a blob through a mapping. */
  void writeBack(SourceFile file) throws FsException {
    each(
        content -> {
          for (ByteRange range : content.changedUnderneath()) {
            writeBack(content, range, file);
          }
        });
  }

  private static void writeBack(Content content, ByteRange range, SourceFile file)
      throws FsException {
    ByteBuffer buffer = ByteBuffer.allocateDirect((int) Math.min(COPIED_AT_ONCE, range.length()));
    long end = range.offset() + range.length();
    long at = range.offset();
    while (at < end) {
      buffer.clear().limit((int) Math.min(buffer.capacity(), end - at));
      int count = content.readDetached(at, buffer);
      if (count <= 0) {
        break;
      }
      file.write(at, buffer.flip());
      at += count;
    }
    content.acceptChange(range);
  }
}
