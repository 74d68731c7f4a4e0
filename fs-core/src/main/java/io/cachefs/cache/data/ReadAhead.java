package io.cachefs.cache.data;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.FsException;
import io.cachefs.cache.data.block.Blocks;
import java.io.Closeable;

/**
 * How one open file is read, and what is fetched before it is asked for. Thread-safe. Made by
 * {@link DataCache#readAhead}.
 *
 * <p>While reads follow each other, a window before the reader doubles up to a bound and is fetched
 * in several pieces at once, so that a source with a long way still fills its link. A read
 * elsewhere closes the window.
 */
public final class ReadAhead implements Closeable {
  /** Where the window begins, and the least that is worth a fetch. */
  private static final long FIRST_WINDOW = 128 * 1024;

  private static final long LARGEST_PIECE = 512 * 1024;

  /** Kernels send the requests of one reader a little out of order. */
  private static final long SLACK = 1024 * 1024;

  // Given at construction, never changes.
  private final Parts parts;

  // State.

  /** The end of the furthest read. */
  @GuardedBy("this")
  private long reached;

  /** Up to where fetches were begun. */
  @GuardedBy("this")
  private long begunTo;

  @GuardedBy("this")
  private long window;

  @GuardedBy("this")
  private int following;

  @GuardedBy("this")
  private int running;

  @GuardedBy("this")
  private boolean closed;

  ReadAhead(Parts parts) {
    this.parts = parts;
  }

  /** Notes a read, and begins fetches ahead of it; returns how far it is worth to read at once. */
  int noteRead(StoredContent content, Origin origin, long offset, int length) {
    long from;
    long to;
    long piece;
    synchronized (this) {
      if (!isFollowing(offset)) {
        window = 0;
        following = offset == 0 ? 1 : 0;
        begunTo = 0;
        reached = offset + length;
        return length;
      }
      following++;
      reached = Math.max(reached, offset + length);
      if (closed || following < 2) {
        return length;
      }
      from = Math.max(begunTo, reached);
      if (from - reached > window / 2) {
        return length;
      }
      window = Math.min(parts.settings.readAheadBytes(), Math.max(FIRST_WINDOW, window * 2));
      to = Math.min(reached + window, content.version().size());
      piece = Math.min(LARGEST_PIECE, Math.max(FIRST_WINDOW, window / 4));
      begunTo = Math.max(begunTo, to);
    }
    for (long at = from; at < to; at += piece) {
      long end = Math.min(to, at + piece);
      long begin = at;
      if (!content.isPresentAt(at)
          && !parts.pool.submitLarge(() -> fetch(content, origin, begin, end))) {
        break;
      }
    }
    return length;
  }

  @GuardedBy("this")
  private boolean isFollowing(long offset) {
    return offset <= reached + SLACK && offset >= reached - SLACK && (reached > 0 || offset == 0);
  }

  private void fetch(StoredContent content, Origin origin, long from, long to) {
    synchronized (this) {
      // What the reader has passed by now it has fetched itself.
      if (closed || to <= reached || window == 0) {
        return;
      }
      running++;
    }
    try {
      content.fetchAhead(Blocks.indexOf(from), Blocks.indexOf(to - 1), origin);
    } catch (FsException e) {
      // The reader will meet it, if it gets there; until then nothing more is fetched ahead.
      synchronized (this) {
        window = 0;
        following = 0;
      }
    } finally {
      synchronized (this) {
        running--;
        notifyAll();
      }
    }
  }

  /** Stops, and waits for fetches that use the origin right now: it can be closed after this. */
  @Override
  public void close() {
    boolean interrupted = false;
    synchronized (this) {
      closed = true;
      while (running > 0) {
        try {
          wait();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
