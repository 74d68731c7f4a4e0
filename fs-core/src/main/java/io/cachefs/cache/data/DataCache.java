package io.cachefs.cache.data;

import io.cachefs.base.ByteRange;
import io.cachefs.base.FileKey;
import io.cachefs.base.Version;
import io.cachefs.cache.data.block.BlockMap;
import io.cachefs.cache.data.fetch.FetchPool;
import io.cachefs.cache.eviction.Evictable;
import io.cachefs.store.BlobStore;
import io.cachefs.store.ContentRecord;
import io.cachefs.store.Index;
import io.cachefs.store.StoreException;
import java.io.Closeable;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The content of the files of one source. Thread-safe.
 *
 * <h2>Concurrency</h2>
 *
 * {@code active} has the living content of each file in use. Its bin for a file is what beginning,
 * ending and removing a content of that file take turns by: so no record is removed while a content
 * begins to use it, and no space is given back twice. Under it the index may be asked, and {@code
 * Kept} or {@code InlineContent} locked; never the origin, the disk or the listener.
 */
public final class DataCache implements Evictable, Closeable {
  // Given at construction, never changes.
  private final Parts parts;
  private final Upkeep upkeep;

  // State.
  private final ConcurrentMap<FileKey, ActiveContent> active = new ConcurrentHashMap<>();
  private final ConcurrentMap<Long, ActiveContent> byId = new ConcurrentHashMap<>();

  /**
   * Begins without asking or scanning anything.
   *
   * @param time the wall clock, which the times of files are compared with
   * @param nanos a clock that only goes forward
   */
  public DataCache(
      Index index,
      BlobStore blobs,
      Space space,
      DataSettings settings,
      InstantSource time,
      LongSupplier nanos,
      ContentListener listener) {
    this.parts = new Parts(index, blobs, space, settings, time, nanos, listener);
    this.upkeep = new Upkeep(this, parts);
  }

  /** Begins the work in the background: handing over what is due, and checking blobs slowly. */
  public void start() {
    upkeep.start();
  }

  /**
   * Returns the content of one version of a file, with one use for the caller, who closes it. Never
   * asks the source and never waits for it.
   *
   * @param contentId what the inode record names, 0 for none; what is kept of another version is
   *     dropped
   */
  public Content acquire(FileKey file, Version version, long contentId, boolean pinned) {
    Begun begun = new Begun();
    ActiveContent content =
        active.compute(
            file,
            (key, current) -> {
              ActiveContent used = current;
              if (used != null && !isUsable(used, version)) {
                begun.killed = used.kill() ? used : null;
                used = null;
              }
              if (used == null) {
                used = begin(file, version, contentId, pinned, begun);
                byId.put(used.id(), used);
              }
              if (pinned && !used.isPinned()) {
                used.setPinned(true);
              }
              used.uses++;
              return used;
            });
    begun.finish(parts);
    return content;
  }

  private boolean isUsable(ActiveContent content, Version version) {
    return !content.isDead()
        && content.version().equals(version)
        && (!content.isDueAgain(parts.time.millis()) || parts.listener.isSourceDown());
  }

  /** Called under the bin of the file. */
  private ActiveContent begin(
      FileKey file, Version version, long contentId, boolean pinned, Begun begun) {
    ContentRecord record = contentId == 0 ? null : parts.index.content(contentId);
    if (record != null && !isRight(record, file, version)) {
      if (record.file().equals(file)) {
        remove(record, begun);
      }
      record = null;
    }
    long id = record == null ? parts.index.newContentId() : record.id();
    boolean isInline =
        record == null
            ? version.size() <= parts.settings.inlineMax()
            : (record.flags() & ContentRecord.INLINE) != 0;
    if (isInline) {
      return new InlineContent(this, parts, id, file, version, record, pinned);
    }
    if (version.size() > BlockMap.MAX_SIZE) {
      return new UncachedContent(this, parts, id, file, version);
    }
    return new StoredContent(this, parts, id, file, version, record, pinned);
  }

  private boolean isRight(ContentRecord record, FileKey file, Version version) {
    long changed = ActiveContent.changedAtMillis(version);
    boolean isUnsettled =
        (record.flags() & ContentRecord.WRITTEN) == 0
            && record.fetchedAtMillis() - changed < ActiveContent.UNSETTLED_MILLIS;
    return record.file().equals(file)
        && record.version().equals(version)
        && (!isUnsettled
            || parts.time.millis() - changed < ActiveContent.UNSETTLED_MILLIS
            || parts.listener.isSourceDown());
  }

  /**
   * Returns what is kept of one version of a file, and begins, drops and notes nothing.
   *
   * @param record what the index has of it, or null
   */
  public List<ByteRange> ranges(FileKey file, Version version, @Nullable ContentRecord record) {
    ActiveContent content = active.get(file);
    if (content != null) {
      return isUsable(content, version) ? content.ranges() : List.of();
    }
    long size = version.size();
    if (record == null || size == 0 || !isRight(record, file, version)) {
      return List.of();
    }
    if ((record.flags() & ContentRecord.INLINE) != 0) {
      return List.of(new ByteRange(0, size));
    }
    return BlockMap.stored(parts.index, record.id(), size).ranges(size);
  }

  /** Called under the bin of the file, which has no content of that id in use. */
  private void remove(ContentRecord record, Begun begun) {
    parts.index.removeContent(record.id());
    begun.removed = record;
  }

  /** What is left to do after a bin was left. */
  private static final class Begun {
    @Nullable ActiveContent killed;
    @Nullable ContentRecord removed;

    void finish(Parts parts) {
      if (killed != null) {
        parts.blobs.remove(killed.id());
      }
      if (removed != null) {
        parts.blobs.remove(removed.id());
        if (PinShare.isPinned(removed)) {
          parts.space.unpin(removed.storedBytes());
        }
        parts.space.release(removed.storedBytes(), 1);
      }
    }
  }

  /**
   * Begins to keep what is written to a file that is empty now.
   *
   * @param limit of the file's size; of a larger one nothing is kept
   */
  public Draft draft(FileKey file, long limit) {
    return new Draft(parts, file, Math.min(limit, BlockMap.MAX_SIZE));
  }

  /** Returns the state of reading of one open file; its owner closes it before the origin. */
  public ReadAhead readAhead() {
    return new ReadAhead(parts);
  }

  // --- Ends ---

  /** Adds a use of a content that has one; returns false if it is dead or has none any more. */
  boolean addUse(ActiveContent content) {
    boolean[] added = {false};
    active.computeIfPresent(
        content.file(),
        (key, current) -> {
          if (current.isSame(content)) {
            current.uses++;
            added[0] = true;
          }
          return current;
        });
    return added[0];
  }

  void endUse(ActiveContent content) {
    boolean[] ended = {false, false};
    active.compute(
        content.file(),
        (key, current) -> {
          if (--content.uses > 0) {
            return current;
          }
          ended[0] = true;
          ended[1] = content.publish(true);
          byId.remove(content.id(), content);
          return content.isSame(current) ? null : current;
        });
    if (ended[1]) {
      parts.listener.changedId(content.file(), content.id());
    }
    if (ended[0]) {
      content.dispose();
    }
  }

  /** Makes a content in use dead and forgets it; returns false if it is not or was dead. */
  boolean discard(ActiveContent content) {
    boolean[] killed = {false};
    active.compute(
        content.file(),
        (key, current) -> {
          // One whose last use has ended holds nothing any more: its record may be another's.
          killed[0] = content.uses > 0 && content.kill();
          return content.isSame(current) ? null : current;
        });
    if (killed[0]) {
      // Who has it open goes on using it; the space is given back when the last use ends.
      parts.blobs.remove(content.id());
    }
    return killed[0];
  }

  /**
   * Drops a content because its version is no longer right. Where it is in use, it is dead from now
   * on.
   */
  public void drop(long contentId) {
    ActiveContent content = byId.get(contentId);
    if (content != null && discard(content)) {
      return;
    }
    ContentRecord record = parts.index.content(contentId);
    if (record != null) {
      removeUnused(record, true);
    }
  }

  /** Removes a content to make room, unless it is in use or pinned; returns whether it is gone. */
  @Override
  public boolean evict(ContentRecord content) {
    return removeUnused(content, false);
  }

  private boolean removeUnused(ContentRecord content, boolean always) {
    Begun begun = new Begun();
    boolean[] gone = {true};
    active.compute(
        content.file(),
        (key, current) -> {
          if (current != null && current.id() == content.id()) {
            if (always) {
              begun.killed = current.kill() ? current : null;
              return null;
            }
            gone[0] = false;
            return current;
          }
          ContentRecord record = parts.index.content(content.id());
          if (record != null && !always && PinShare.isPinned(record)) {
            gone[0] = false;
          } else if (record != null) {
            remove(record, begun);
          }
          return current;
        });
    begun.finish(parts);
    return gone[0];
  }

  /** Returns whether a content is in use, so that it cannot be evicted. */
  @Override
  public boolean inUse(long contentId) {
    return byId.containsKey(contentId) || parts.drafts.contains(contentId);
  }

  /** Returns whether somebody uses a content of the file, or fetches it. */
  public boolean isInUse(FileKey file) {
    return active.containsKey(file);
  }

  @Override
  public boolean update(ContentRecord content, UnaryOperator<ContentRecord> change) {
    boolean[] updated = {false};
    active.compute(
        content.file(),
        (key, current) -> {
          boolean isInUse = current != null && current.id() == content.id();
          ContentRecord record = isInUse ? null : parts.index.content(content.id());
          if (record != null) {
            parts.index.putContent(change.apply(record));
            updated[0] = true;
          }
          return current;
        });
    return updated[0];
  }

  /**
   * Pins what is kept of a file, or ends that.
   *
   * @param contentId what the inode record names, 0 for none
   * @return false if the quota of pins has no room for it; then it is not pinned
   */
  public boolean setPinned(FileKey file, long contentId, boolean pinned) {
    boolean[] done = {true};
    active.compute(
        file,
        (key, current) -> {
          ContentRecord record = contentId == 0 ? null : parts.index.content(contentId);
          if (current != null && !current.isDead()) {
            done[0] = current.setPinned(pinned);
          } else if (record != null && record.file().equals(file)) {
            done[0] = repin(record, pinned);
          }
          return current;
        });
    return done[0];
  }

  private boolean repin(ContentRecord record, boolean pinned) {
    if (PinShare.isPinned(record) == pinned) {
      return true;
    }
    if (!pinned) {
      parts.space.unpin(record.storedBytes());
    } else if (!parts.space.tryPin(record.storedBytes())) {
      return false;
    }
    int flag = ContentRecord.PINNED;
    parts.index.putContent(
        record.withFlags(pinned ? record.flags() | flag : record.flags() & ~flag));
    return true;
  }

  /**
   * Says that {@code version} differs from the content's only because we changed the file's times.
   */
  public void restamp(long contentId, Version version) {
    ActiveContent content = byId.get(contentId);
    if (content != null) {
      restamp(content, version);
      return;
    }
    ContentRecord known = parts.index.content(contentId);
    if (known == null || known.version().size() != version.size()) {
      return;
    }
    active.compute(
        known.file(),
        (key, current) -> {
          ContentRecord record = parts.index.content(contentId);
          if (current != null && current.id() == contentId) {
            current.restamp(version);
          } else if (record != null) {
            parts.index.putContent(
                new ContentRecord(
                    record.id(),
                    record.file(),
                    version,
                    record.storedBytes(),
                    record.flags(),
                    record.fetchedAtMillis(),
                    record.usedAtMillis(),
                    record.uses()));
          }
          return current;
        });
  }

  /** One whose last use has ended meanwhile is left as it is: its next opener asks the source. */
  private void restamp(ActiveContent content, Version version) {
    active.computeIfPresent(
        content.file(),
        (key, current) -> {
          if (current.isSame(content) && current.version().size() == version.size()) {
            current.restamp(version);
          }
          return current;
        });
  }

  // --- The whole ---

  /** Returns the living contents in use. */
  List<ActiveContent> inUse() {
    return List.copyOf(active.values());
  }

  /** Returns a use of what the index has of a content, to check it; null if that is not right. */
  @Nullable StoredContent acquireToCheck(ContentRecord record) {
    if ((record.flags() & ContentRecord.INLINE) != 0) {
      return null;
    }
    ActiveContent content =
        active.compute(
            record.file(),
            (key, current) -> {
              if (current != null) {
                current.uses += current.id() == record.id() ? 1 : 0;
                return current;
              }
              ContentRecord now = parts.index.content(record.id());
              if (now == null) {
                return null;
              }
              boolean pinned = PinShare.isPinned(now);
              StoredContent begun =
                  new StoredContent(this, parts, now.id(), now.file(), now.version(), now, pinned);
              byId.put(begun.id(), begun);
              begun.uses = 1;
              return begun;
            });
    if (content == null || content.id() != record.id()) {
      return null;
    }
    return (StoredContent) content;
  }

  /**
   * Compares blocks of a content with their checksums, whether or not that was done before, and
   * drops those that do not fit.
   */
  public void mend(ContentRecord record, long first, long last) throws StoreException {
    StoredContent content = acquireToCheck(record);
    if (content != null) {
      try {
        boolean wasRight = content.scrub(first, last);
        assert content.id() == record.id() : wasRight;
      } finally {
        content.close();
      }
    }
  }

  /** Returns the threads that fetch ahead, for whoever plans what to fetch. */
  public FetchPool pool() {
    return parts.pool;
  }

  /** Does now what is due in the background; {@link #start} makes it happen by itself. */
  public void maintain() {
    upkeep.run();
  }

  public DataStatus status() {
    Counters counters = parts.counters;
    return new DataStatus(
        parts.memory.hits(),
        parts.memory.allocatedBytes(),
        parts.memory.limitBytes(),
        parts.memory.promotions(),
        parts.memory.demotions(),
        parts.memory.bypasses(),
        counters.diskHits.sum(),
        counters.diskHitBytes.sum(),
        counters.misses.sum(),
        counters.fetches.sum(),
        counters.fetchedBytes.sum(),
        counters.damaged.sum(),
        counters.bypassBytes.sum(),
        counters.storeFailures.sum(),
        counters.versionsGone.sum(),
        byId.size(),
        counters.verifiedBytes.sum());
  }

  /** Stops the work in the background, and hands over what was confirmed. */
  @Override
  public void close() {
    upkeep.close();
    parts.pool.close();
    for (ActiveContent content : active.values()) {
      if (content.publish(true)) {
        parts.listener.changedId(content.file(), content.id());
      }
    }
  }

  /** Returns how many buffers are in use, for checks. */
  int takenBuffers() {
    return parts.buffers.taken();
  }
}
