package io.cachefs.store;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Blobs in memory, sparse by pages, on a disk of a given size that can be made to fail. One lock
 * guards everything; thread-safe.
 */
public final class InMemoryBlobStore implements BlobStore {
  public static final int PAGE = 4096;

  private static final long MANY = 1L << 40;

  private final long capacityBytes;
  private final long capacityFiles;

  @GuardedBy("this")
  private final Map<Long, Pages> byId = new TreeMap<>();

  @GuardedBy("this")
  private long usedPages;

  @GuardedBy("this")
  private long openBlobs;

  @GuardedBy("this")
  private @Nullable Errno readFailure;

  @GuardedBy("this")
  private @Nullable Errno writeFailure;

  private static final class Pages {
    final Map<Long, byte[]> pages = new TreeMap<>();
    long size;
    int users;
    boolean removed;
  }

  /** On a disk that is never full. */
  public InMemoryBlobStore() {
    this(MANY, MANY);
  }

  /** On a disk that holds so many bytes, counted by pages, and so many blobs. */
  public InMemoryBlobStore(long capacityBytes, long capacityFiles) {
    this.capacityBytes = capacityBytes;
    this.capacityFiles = capacityFiles;
  }

  /** Makes every read fail from now on; null to stop. */
  public synchronized void failReads(@Nullable Errno errno) {
    readFailure = errno;
  }

  /** Makes everything that changes something fail from now on; null to stop. */
  public synchronized void failWrites(@Nullable Errno errno) {
    writeFailure = errno;
  }

  /** Returns how many blobs were opened and not closed. */
  public synchronized long openBlobs() {
    return openBlobs;
  }

  /** Returns the space of all blobs, removed ones that are still open included. */
  public synchronized long usedBytes() {
    return usedPages * PAGE;
  }

  /** Changes one byte behind the back of who wrote it, as a failing disk does. */
  public synchronized void flipByte(long id, long offset) {
    byte[] page = pages(id).pages.get(offset / PAGE);
    if (page == null) {
      throw new IllegalArgumentException("nothing is stored at " + offset);
    }
    page[(int) (offset % PAGE)] ^= 0x55;
  }

  @GuardedBy("this")
  private Pages pages(long id) {
    Pages pages = byId.get(id);
    if (pages == null) {
      throw new IllegalArgumentException("no blob " + id);
    }
    return pages;
  }

  @Override
  public synchronized Blob create(long id, long size) throws StoreException {
    check(writeFailure);
    remove(id);
    if (byId.size() >= capacityFiles) {
      check(Errno.ENOSPC);
    }
    Pages pages = new Pages();
    pages.size = size;
    byId.put(id, pages);
    return open(pages);
  }

  @Override
  public synchronized @Nullable Blob find(long id) throws StoreException {
    check(readFailure);
    Pages pages = byId.get(id);
    return pages == null ? null : open(pages);
  }

  @Override
  public synchronized @Nullable Stat stat(long id) throws StoreException {
    check(readFailure);
    Pages pages = byId.get(id);
    return pages == null ? null : new Stat(pages.size, (long) pages.pages.size() * PAGE);
  }

  @GuardedBy("this")
  private Blob open(Pages pages) {
    openBlobs++;
    pages.users++;
    return new OpenBlob(pages);
  }

  @Override
  public synchronized void remove(long id) {
    if (writeFailure != null) {
      return;
    }
    Pages pages = byId.remove(id);
    if (pages != null) {
      pages.removed = true;
      freeIfUnused(pages);
    }
  }

  @GuardedBy("this")
  private void freeIfUnused(Pages pages) {
    if (pages.removed && pages.users == 0) {
      usedPages -= pages.pages.size();
      pages.pages.clear();
    }
  }

  @Override
  public void visit(Visitor visitor) throws StoreException {
    record Seen(long id, long size, long allocated) {}
    List<Seen> all = new ArrayList<>();
    synchronized (this) {
      check(readFailure);
      byId.forEach(
          (id, pages) -> all.add(new Seen(id, pages.size, (long) pages.pages.size() * PAGE)));
    }
    all.forEach(seen -> visitor.blob(seen.id, seen.size, seen.allocated));
  }

  @Override
  public synchronized Free free() throws StoreException {
    check(readFailure);
    return new Free(
        capacityBytes - usedPages * PAGE,
        capacityFiles - byId.size(),
        capacityBytes,
        capacityFiles);
  }

  @Override
  public void close() {}

  private static void check(@Nullable Errno failure) throws StoreException {
    if (failure != null) {
      throw new StoreException("made to fail", new FsException(failure));
    }
  }

  /** One opening of a blob. */
  private final class OpenBlob implements Blob {
    private final Pages blob;
    private boolean closed;

    OpenBlob(Pages blob) {
      this.blob = blob;
    }

    @Override
    public int read(long offset, ByteBuffer target) throws StoreException {
      synchronized (InMemoryBlobStore.this) {
        requireOpen();
        check(readFailure);
        int count = 0;
        while (target.hasRemaining() && offset + count < blob.size) {
          long at = offset + count;
          int inPage = (int) (at % PAGE);
          int length = (int) Math.min(PAGE - inPage, blob.size - at);
          length = Math.min(length, target.remaining());
          byte[] page = blob.pages.get(at / PAGE);
          target.put(page == null ? new byte[PAGE] : page, inPage, length);
          count += length;
        }
        return count;
      }
    }

    @Override
    public void write(long offset, ByteBuffer data) throws StoreException {
      synchronized (InMemoryBlobStore.this) {
        requireOpen();
        check(writeFailure);
        long at = offset;
        while (data.hasRemaining()) {
          byte[] page = blob.pages.get(at / PAGE);
          if (page == null) {
            page = newPage(at / PAGE);
          }
          int inPage = (int) (at % PAGE);
          int length = Math.min(PAGE - inPage, data.remaining());
          data.get(page, inPage, length);
          at += length;
          blob.size = Math.max(blob.size, at);
        }
      }
    }

    @GuardedBy("InMemoryBlobStore.this")
    private byte[] newPage(long number) throws StoreException {
      if ((usedPages + 1) * PAGE > capacityBytes) {
        check(Errno.ENOSPC);
      }
      byte[] page = new byte[PAGE];
      blob.pages.put(number, page);
      usedPages++;
      return page;
    }

    @Override
    public void truncate(long size) throws StoreException {
      synchronized (InMemoryBlobStore.this) {
        requireOpen();
        check(writeFailure);
        long firstGone = (size + PAGE - 1) / PAGE;
        int before = blob.pages.size();
        blob.pages.keySet().removeIf(number -> number >= firstGone);
        usedPages -= before - blob.pages.size();
        byte[] last = blob.pages.get(size / PAGE);
        if (last != null) {
          Arrays.fill(last, (int) (size % PAGE), PAGE, (byte) 0);
        }
        blob.size = size;
      }
    }

    @Override
    public long allocatedBytes() {
      synchronized (InMemoryBlobStore.this) {
        requireOpen();
        return (long) blob.pages.size() * PAGE;
      }
    }

    /** Returns a number that is no descriptor. */
    @Override
    public int descriptor() {
      return -1;
    }

    @Override
    public void close() {
      synchronized (InMemoryBlobStore.this) {
        if (!closed) {
          closed = true;
          openBlobs--;
          blob.users--;
          freeIfUnused(blob);
        }
      }
    }

    private void requireOpen() {
      if (closed) {
        throw new IllegalStateException("used after close");
      }
    }
  }
}
