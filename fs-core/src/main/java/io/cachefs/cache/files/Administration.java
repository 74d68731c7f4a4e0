package io.cachefs.cache.files;

import io.cachefs.base.Attributes;
import io.cachefs.base.ByteRange;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.cache.data.Content;
import io.cachefs.engine.config.WriteMode;
import io.cachefs.source.SourceNode;
import io.cachefs.store.ContentRecord;
import io.cachefs.store.InodeRecord;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What can be asked of and done with the cache of one file, besides using it. Thread-safe. */
public final class Administration {
  private final Shared shared;
  private final AttributeCache attributes;
  private final NameCache names;
  private final Caching caching;
  private final Writers writers;

  Administration(
      Shared shared, AttributeCache attributes, NameCache names, Caching caching, Writers writers) {
    this.shared = shared;
    this.attributes = attributes;
    this.names = names;
    this.caching = caching;
    this.writers = writers;
  }

  /**
   * What is known and kept of a file.
   *
   * @param attributes as last said by the source
   * @param checkedAtMillis when it said so; 0 if it will be asked before the next use
   * @param lifetimeNanos how long that may still be used
   * @param watched whether changes at the source are reported
   * @param pinned whether it is never evicted
   * @param openForWriting whether somebody writes it through the cache
   * @param content the record of its content, or null if none is kept
   * @param ranges what is kept of it
   * @param whyNot why its content is not cached; empty if it can be
   * @param mode what happens to what is written to it
   */
  public record State(
      Attributes attributes,
      long checkedAtMillis,
      long lifetimeNanos,
      boolean watched,
      boolean pinned,
      boolean openForWriting,
      @Nullable ContentRecord content,
      List<ByteRange> ranges,
      String whyNot,
      WriteMode mode) {}

  /** Returns what is known and kept of a file that was found. */
  public State state(SourceNode file, Attributes found) {
    CachedNode node = (CachedNode) file;
    Known known = node.known;
    Watch watch = known == null ? null : known.watch();
    boolean watched = watch != null && watch.isAlive();
    long left = known == null ? 0 : shared.clock().left(known.until());
    String whyNot = caching.whyNot(node, found);
    ContentRecord content = node.contentId == 0 ? null : shared.index().content(node.contentId);
    return new State(
        known == null ? found : known.attributes(),
        known == null ? 0 : known.checkedAtMillis(),
        watched ? Long.MAX_VALUE : left,
        watched,
        node.isPinned(),
        node.isOpenForWriting(),
        content,
        whyNot.isEmpty() && known != null ? ranges(node, known) : List.of(),
        whyNot,
        writers.mode(node));
  }

  /** Returns why the content of a file is not cached; empty if it can be. */
  public String whyNot(SourceNode file, Attributes found) {
    return caching.whyNot((CachedNode) file, found);
  }

  public boolean isPinned(SourceNode file) {
    return ((CachedNode) file).isPinned();
  }

  private List<ByteRange> ranges(CachedNode node, Known known) {
    boolean pinned = node.isPinned();
    try (Content content =
        shared.data().acquire(node.key(), known.version(), node.contentId, pinned)) {
      return content.ranges();
    }
  }

  /**
   * Pins a file, or what is in a directory; fails with EDQUOT if the quota of pins has no room for
   * what is kept of it.
   */
  public void pin(SourceNode file) throws FsException {
    CachedNode node = (CachedNode) file;
    mark(node, true);
    if (!node.isDirectory() && !shared.data().setPinned(node.key(), node.contentId, true)) {
      mark(node, false);
      throw quotaUsedUp();
    }
  }

  /**
   * Makes sure that a file is still pinned after it was fetched; if the quota of pins was too small
   * for it, it is not pinned at all, and this fails with EDQUOT.
   */
  public void requirePinned(SourceNode file) throws FsException {
    CachedNode node = (CachedNode) file;
    ContentRecord content = node.contentId == 0 ? null : shared.index().content(node.contentId);
    if (content == null || (content.flags() & ContentRecord.PINNED) == 0) {
      mark(node, false);
      throw quotaUsedUp();
    }
  }

  private static FsException quotaUsedUp() {
    return new FsException(Errno.EDQUOT, "pins, or the cache, have no room for it");
  }

  /** Ends what {@link #pin} began; returns whether it was pinned. */
  public boolean unpin(SourceNode file) {
    CachedNode node = (CachedNode) file;
    ContentRecord content = node.contentId == 0 ? null : shared.index().content(node.contentId);
    boolean was = content != null && (content.flags() & ContentRecord.PINNED) != 0;
    boolean marked = mark(node, false);
    if (!node.isDirectory()) {
      boolean done = shared.data().setPinned(node.key(), node.contentId, node.isPinned());
      assert done || node.isPinned();
    }
    return marked || was;
  }

  private boolean mark(CachedNode node, boolean pinned) {
    int flag = node.isDirectory() ? InodeRecord.PINNED_BELOW : InodeRecord.PINNED;
    synchronized (node.order) {
      int before = node.flags;
      node.flags = pinned ? before | flag : before & ~flag;
      if (node.flags == before) {
        return false;
      }
      shared.records().save(node);
      return true;
    }
  }

  /**
   * Removes the content kept of a file.
   *
   * @return the space that was freed, 0 for content in the index alone; -1 if it is in use, -2 if
   *     there was none
   */
  public long evict(SourceNode file) {
    CachedNode node = (CachedNode) file;
    ContentRecord content = node.contentId == 0 ? null : shared.index().content(node.contentId);
    if (content == null) {
      return -2;
    }
    return shared.data().evict(content) ? content.storedBytes() : -1;
  }

  /** Forgets the content of a file, and lets all that is known of it be asked for again. */
  public void invalidate(SourceNode file) throws FsException {
    CachedNode node = (CachedNode) file;
    attributes.dropContent(node);
    names.forgetWayTo(node);
    DirectoryState directory = node.directory();
    if (directory != null) {
      directory.complete = null;
      directory.names.values().forEach(NameEntry::expire);
      shared.told().listingChanged(node.id());
    } else {
      shared.told().contentChanged(node.id());
    }
  }
}
