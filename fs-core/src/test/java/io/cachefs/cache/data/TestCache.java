package io.cachefs.cache.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.base.FileKey;
import io.cachefs.base.FsException;
import io.cachefs.base.Version;
import io.cachefs.store.BlobStore;
import io.cachefs.store.ContentRecord;
import io.cachefs.store.InMemoryBlobStore;
import io.cachefs.store.InMemoryIndex;
import io.cachefs.store.Index;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A cache of contents over twins, with a clock that is moved by hand. */
final class TestCache implements ContentListener, Space {
  private static final long MANY = 1L << 40;

  final Index index;
  final BlobStore blobs;
  final AtomicLong nanos = new AtomicLong(1);
  final AtomicLong reserved = new AtomicLong();
  final AtomicLong counted = new AtomicLong();
  final List<FileKey> gone = new CopyOnWriteArrayList<>();
  final Map<FileKey, Long> ids = new ConcurrentHashMap<>();
  final AtomicLong pinned = new AtomicLong();
  volatile long limit = MANY;
  volatile long pinLimit = MANY;
  private final DataSettings settings;
  DataCache cache;

  TestCache() {
    this(DataSettings.DEFAULT, new InMemoryIndex(), new InMemoryBlobStore());
  }

  TestCache(DataSettings settings) {
    this(settings, new InMemoryIndex(), new InMemoryBlobStore());
  }

  TestCache(DataSettings settings, Index index, BlobStore blobs) {
    this.settings = settings;
    this.index = index;
    this.blobs = blobs;
    this.cache = open();
  }

  private DataCache open() {
    return new DataCache(
        index,
        blobs,
        this,
        settings,
        () -> Instant.ofEpochSecond(1_700_000_000, nanos.get()),
        nanos::get,
        this);
  }

  /** Ends this life of the cache and begins another over the same index and blobs. */
  void restart() {
    cache.close();
    cache = open();
  }

  static FileKey file(int number) {
    return new FileKey(0, number, 7);
  }

  Content acquire(int file, Version version) {
    return acquire(cache, file, version);
  }

  private Content acquire(DataCache from, int file, Version version) {
    return from.acquire(file(file), version, ids.getOrDefault(file(file), 0L), false);
  }

  void pass(long millis) {
    nanos.addAndGet(millis * 1_000_000);
  }

  @Override
  public void versionGone(FileKey file, long contentId) {
    gone.add(file);
  }

  @Override
  public void changedId(FileKey file, long contentId) {
    ids.put(file, contentId);
  }

  @Override
  public synchronized boolean tryReserve(long bytes, long contents) {
    if (reserved.get() + bytes > limit) {
      return false;
    }
    charge(bytes);
    counted.addAndGet(contents);
    return true;
  }

  @Override
  public synchronized boolean tryPin(long bytes) {
    if (pinned.get() + bytes > pinLimit) {
      return false;
    }
    pinned.addAndGet(bytes);
    return true;
  }

  @Override
  public void unpin(long bytes) {
    pinned.addAndGet(-bytes);
  }

  @Override
  public void release(long bytes, long contents) {
    reserved.addAndGet(-bytes);
    counted.addAndGet(-contents);
  }

  @Override
  public void charge(long bytes) {
    reserved.addAndGet(bytes);
  }

  /** Reads and compares with the bytes of the version; returns how many there were. */
  static int readRight(
      Content content, Origin origin, Version version, long offset, int length, boolean direct)
      throws FsException {
    return readRight(content, origin, null, version, offset, length, direct);
  }

  static int readRight(
      Content content,
      Origin origin,
      @Nullable ReadAhead ahead,
      Version version,
      long offset,
      int length,
      boolean direct)
      throws FsException {
    ByteBuffer target = direct ? ByteBuffer.allocateDirect(length) : ByteBuffer.allocate(length);
    int count = content.read(offset, target, origin, ahead);
    assertThat(target.position()).isEqualTo(count);
    for (int i = 0; i < count; i++) {
      if (target.get(i) != TestOrigin.byteAt(version, offset + i)) {
        throw new AssertionError("wrong byte at " + (offset + i) + " of " + version);
      }
    }
    return count;
  }

  static int readRight(Content content, TestOrigin origin, long offset, int length)
      throws FsException {
    return readRight(content, origin, origin.version(), offset, length, true);
  }

  /** Compares what is reserved, recorded and stored with each other, when nothing is in use. */
  void checkInvariants() {
    assertThat(cache.takenBuffers()).as("buffers in use").isZero();
    assertThat(cache.status().contentsInUse()).as("contents in use").isZero();
    List<ContentRecord> records = index.contentsFrom(0, Integer.MAX_VALUE);
    long recorded = records.stream().mapToLong(ContentRecord::storedBytes).sum();
    assertThat(reserved.get()).as("reserved").isEqualTo(recorded);
    assertThat(counted.get()).as("contents counted").isEqualTo(records.size());
    if (blobs instanceof InMemoryBlobStore twin) {
      assertThat(twin.openBlobs()).as("blobs open").isZero();
      assertThat(twin.usedBytes()).as("bytes on disk").isLessThanOrEqualTo(reserved.get());
    }
  }

  List<Long> blobIds() throws Exception {
    List<Long> ids = new ArrayList<>();
    blobs.visit((id, size, allocated) -> ids.add(id));
    return ids;
  }

  @Nullable ContentRecord record(int file) {
    return index.content(ids.getOrDefault(file(file), 0L));
  }
}
