package io.cachefs.cache.data;

import io.cachefs.base.Attributes;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Timestamp;
import io.cachefs.base.Version;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A file of a source, in memory: its bytes follow from its version, so that any byte can be told to
 * be of the right one. Counts what is read; can be made to fail, or to change in the middle.
 */
final class TestOrigin implements Origin {
  private static final long BEGAN = 1_000_000_000;

  private final boolean cheap;
  final AtomicLong reads = new AtomicLong();
  final AtomicLong bytes = new AtomicLong();
  final AtomicLong stats = new AtomicLong();

  private volatile Version version;
  private volatile @Nullable Errno failure;
  private volatile @Nullable Attributes opened;
  private volatile Runnable beforeRead = () -> {};
  private volatile Runnable afterRead = () -> {};

  TestOrigin(long size, boolean cheap) {
    this.cheap = cheap;
    this.version = version(size, 1);
  }

  static Version version(long size, int number) {
    Timestamp changed = new Timestamp(BEGAN + number, 0);
    return new Version(size, changed, changed);
  }

  Version version() {
    return version;
  }

  /** Replaces the content by another one. */
  void change(long size) {
    Version old = version;
    version = version(size, (int) (old.changed().seconds() - BEGAN) + 1);
  }

  void fail(@Nullable Errno errno) {
    failure = errno;
  }

  /** Says that it was opened a moment ago, with the version it has now. */
  void open() throws FsException {
    opened = attributes();
    stats.set(0);
  }

  @Override
  public @Nullable Attributes justOpened() {
    return opened;
  }

  void beforeRead(Runnable action) {
    beforeRead = action;
  }

  void afterRead(Runnable action) {
    afterRead = action;
  }

  /** Returns the byte a version has at an offset. */
  static byte byteAt(Version version, long offset) {
    long mixed = (version.changed().seconds() * 31 + (offset >>> 3)) * 0x9E3779B97F4A7C15L;
    return (byte) (mixed >>> ((offset & 7) * 8));
  }

  @Override
  public int read(long offset, ByteBuffer target) throws FsException {
    if (!target.isDirect()) {
      throw new IllegalArgumentException("an origin reads into direct buffers only");
    }
    beforeRead.run();
    check();
    reads.incrementAndGet();
    Version now = version;
    int count = (int) Math.max(0, Math.min(target.remaining(), now.size() - offset));
    for (int i = 0; i < count; i++) {
      target.put(byteAt(now, offset + i));
    }
    bytes.addAndGet(count);
    afterRead.run();
    return count;
  }

  @Override
  public Attributes attributes() throws FsException {
    check();
    stats.incrementAndGet();
    Version now = version;
    return new Attributes(
        1,
        2,
        0100644,
        1,
        0,
        0,
        0,
        now.size(),
        0,
        4096,
        Timestamp.ZERO,
        now.modified(),
        now.changed(),
        null);
  }

  private void check() throws FsException {
    Errno errno = failure;
    if (errno != null) {
      throw new FsException(errno, "the test wants it");
    }
  }

  @Override
  public boolean isCheap() {
    return cheap;
  }
}
