package io.cachefs.cache.data;

import io.cachefs.base.ByteRange;
import io.cachefs.base.FileKey;
import io.cachefs.base.FsException;
import io.cachefs.base.Version;
import io.cachefs.store.ContentRecord;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What contents have in common: who they are, how many use them, and how they end. */
abstract class ActiveContent implements Content {
  /** A file changed so lately that its times may stay the same at the next change. */
  static final long UNSETTLED_MILLIS = 2_000;

  // Given at construction, never changes.
  final Parts parts;
  private final long id;
  private final FileKey file;
  private final Consumer<ActiveContent> ended;

  // State.
  private volatile Version version;
  private volatile boolean dead;
  private volatile boolean unsettled;
  private volatile boolean written;

  /** Changed only by {@link DataCache} under the bin of the file. */
  int uses;

  ActiveContent(
      Parts parts, long id, FileKey file, Version version, Consumer<ActiveContent> ended) {
    this.parts = parts;
    this.id = id;
    this.file = file;
    this.version = version;
    this.ended = ended;
  }

  @Override
  public final long id() {
    return id;
  }

  @Override
  public final FileKey file() {
    return file;
  }

  @Override
  public final Version version() {
    return version;
  }

  @Override
  public final boolean isDead() {
    return dead;
  }

  final void setVersion(Version other) {
    version = other;
  }

  /** Called under the lock that makes sure nothing is handed to the index after it. */
  final void setDead() {
    dead = true;
  }

  /**
   * Returns whether the file may have changed after it was fetched without its times showing it.
   */
  final boolean isUnsettled() {
    return unsettled;
  }

  /** Takes over what the index says of when the bytes came, and from where. */
  final void restored(ContentRecord record) {
    fetchedAt(record.fetchedAtMillis());
    written = (record.flags() & ContentRecord.WRITTEN) != 0;
    unsettled &= !written;
  }

  /** Returns those flags of the record that say where the bytes came from. */
  final int originFlags() {
    return written ? ContentRecord.WRITTEN : 0;
  }

  /** Notes when the first byte was fetched. */
  final void fetchedAt(long millis) {
    written = false;
    unsettled = millis - changedAtMillis(version) < UNSETTLED_MILLIS;
  }

  /** Returns whether what was fetched too early should be fetched again. */
  final boolean isDueAgain(long nowMillis) {
    return unsettled && nowMillis - changedAtMillis(version) >= UNSETTLED_MILLIS;
  }

  static long changedAtMillis(Version version) {
    return Math.max(
        version.modified().seconds() * 1000 + version.modified().nanos() / 1_000_000,
        version.changed().seconds() * 1000 + version.changed().nanos() / 1_000_000);
  }

  /** Hands what was confirmed to the index; returns whether the id became known by that. */
  abstract boolean publish(boolean all);

  /** Pins this or ends that; false if the quota of pins is used up, and it is not pinned. */
  abstract boolean setPinned(boolean wanted);

  /**
   * Takes the content out of the index and makes it dead; its blob stays in use. Returns false if
   * it was dead before.
   */
  abstract boolean kill();

  /** Goes on under another version of the same bytes. */
  abstract void restamp(Version version);

  /** Gives back what is held, when the last use has ended. */
  abstract void dispose();

  /** Reads from the origin and keeps nothing. */
  final int bypass(long offset, ByteBuffer target, Origin origin) throws FsException {
    int count =
        target.isDirect() ? readFully(origin, offset, target) : copy(origin, offset, target);
    parts.counters.bypassBytes.add(count);
    return count;
  }

  private int copy(Origin origin, long offset, ByteBuffer target) throws FsException {
    ByteBuffer pooled = parts.buffers.take(target.remaining());
    // Askers with memory on the heap are few; when every buffer is in use one more does not matter.
    ByteBuffer buffer = pooled == null ? ByteBuffer.allocateDirect(64 * 1024) : pooled;
    try {
      int done = 0;
      while (target.hasRemaining()) {
        buffer.clear().limit(Math.min(buffer.capacity(), target.remaining()));
        int wanted = buffer.remaining();
        int count = readFully(origin, offset + done, buffer);
        target.put(buffer.flip());
        done += count;
        if (count < wanted) {
          break;
        }
      }
      return done;
    } finally {
      if (pooled != null) {
        parts.buffers.give(pooled);
      }
    }
  }

  /** Reads until {@code target} is full or the file ends; returns how much. */
  final int readFully(Origin origin, long offset, ByteBuffer target) throws FsException {
    int start = target.position();
    while (target.hasRemaining()) {
      parts.counters.fetches.increment();
      int count = origin.read(offset + target.position() - start, target);
      if (count <= 0) {
        break;
      }
      parts.counters.fetchedBytes.add(count);
    }
    return target.position() - start;
  }

  /** Tells that the source has another version; the content is dead after it. */
  final void versionGone() {
    parts.counters.versionsGone.increment();
    if (discard()) {
      parts.listener.versionGone(file, id);
    }
  }

  /** Makes the content dead wherever it is known; returns false if it was. */
  abstract boolean discard();

  @Override
  public void detach() throws FsException {
    discard();
  }

  @Override
  public void writeDetached(long offset, ByteBuffer data) throws FsException {}

  @Override
  public void truncateDetached(long size) throws FsException {}

  @Override
  public int readDetached(long offset, ByteBuffer target) throws FsException {
    return 0;
  }

  @Override
  public List<ByteRange> changedUnderneath() throws FsException {
    return List.of();
  }

  @Override
  public void acceptChange(ByteRange range) {}

  @Override
  public final void close() {
    ended.accept(this);
  }

  final boolean isSame(@Nullable Object other) {
    return this == other;
  }
}
