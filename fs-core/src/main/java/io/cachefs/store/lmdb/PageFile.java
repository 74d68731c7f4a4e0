package io.cachefs.store.lmdb;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A data file of LMDB, read page by page without mapping it. Owned by one thread. */
final class PageFile implements Closeable {
  /** Read at once when one of these pages is asked for. */
  private static final int WINDOW = 1 << 20;

  private final FileChannel channel;
  private final ByteBuffer window = ByteBuffer.allocateDirect(WINDOW);
  private final ByteBuffer single;
  private final int pageSize;
  private final long pages;
  private long windowStart = -1;

  PageFile(Path file, int pageSize) throws IOException {
    channel = FileChannel.open(file, StandardOpenOption.READ);
    this.pageSize = pageSize;
    single = ByteBuffer.allocateDirect(pageSize);
    pages = channel.size() / pageSize;
  }

  /** Returns how many whole pages there are. */
  long pages() {
    return pages;
  }

  int pageSize() {
    return pageSize;
  }

  /** Returns one page, until the next call. */
  ByteBuffer page(long number) throws IOException {
    read(single.clear(), number * pageSize);
    return single.flip().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** As {@link #page}, where pages are asked for in ascending order and many of them. */
  ByteBuffer next(long number) throws IOException {
    long position = number * pageSize;
    if (windowStart < 0
        || position < windowStart
        || position + pageSize > windowStart + window.limit()) {
      read(window.clear(), position);
      window.flip();
      windowStart = position;
    }
    return window.slice((int) (position - windowStart), pageSize).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Reads as much as there is. */
  private void read(ByteBuffer target, long position) throws IOException {
    long at = position;
    while (target.hasRemaining()) {
      int count = channel.read(target, at);
      if (count < 0) {
        break;
      }
      at += count;
    }
    if (target.position() < pageSize) {
      throw new IOException("the file ended while it was read");
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
