package io.cachefs.cache.data.fetch;

import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Direct buffers to fetch into, of three sizes, each with a bound on how many there are. Who takes
 * one owns it until it is given back. Thread-safe.
 */
public final class BufferPool {
  /** A block. */
  public static final int SMALL = 16 * 1024;

  /** What a kernel asks for at once. */
  public static final int MIDDLE = 128 * 1024;

  /** The most that is fetched by one call. */
  public static final int LARGE = 1024 * 1024;

  private final Sized[] sizes;

  /** A pool whose largest buffers are as many as {@code streams} and some for those who ask. */
  public BufferPool(int streams) {
    sizes =
        new Sized[] {new Sized(SMALL, 256), new Sized(MIDDLE, 64), new Sized(LARGE, streams + 8)};
  }

  /**
   * Returns a cleared buffer of at least {@code wanted} bytes, or the largest there is, or null if
   * all are in use.
   */
  public @Nullable ByteBuffer take(int wanted) {
    int fitting = 0;
    while (fitting < sizes.length - 1 && sizes[fitting].capacity < wanted) {
      fitting++;
    }
    for (int i = fitting; i >= 0; i--) {
      ByteBuffer buffer = sizes[i].take();
      if (buffer != null) {
        return buffer;
      }
    }
    return null;
  }

  public void give(ByteBuffer buffer) {
    for (Sized size : sizes) {
      if (size.capacity == buffer.capacity()) {
        size.give(buffer);
        return;
      }
    }
    throw new IllegalArgumentException("not of this pool: " + buffer);
  }

  /** Returns how many buffers are taken now. */
  public int taken() {
    int taken = 0;
    for (Sized size : sizes) {
      taken += size.taken.get();
    }
    return taken;
  }

  private static final class Sized {
    final int capacity;
    private final int limit;
    private final ConcurrentLinkedQueue<ByteBuffer> free = new ConcurrentLinkedQueue<>();
    private final AtomicInteger taken = new AtomicInteger();

    Sized(int capacity, int limit) {
      this.capacity = capacity;
      this.limit = limit;
    }

    @Nullable ByteBuffer take() {
      // Counted first: there are never more buffers than are counted as taken at the same time.
      if (taken.incrementAndGet() > limit) {
        taken.decrementAndGet();
        return null;
      }
      ByteBuffer buffer = free.poll();
      if (buffer == null) {
        try {
          buffer = ByteBuffer.allocateDirect(capacity);
        } catch (OutOfMemoryError limited) {
          // The JVM was given less direct memory than all bounds together: then there is no buffer.
          taken.decrementAndGet();
          return null;
        }
      }
      return buffer.clear();
    }

    void give(ByteBuffer buffer) {
      free.add(buffer);
      taken.decrementAndGet();
    }
  }
}
