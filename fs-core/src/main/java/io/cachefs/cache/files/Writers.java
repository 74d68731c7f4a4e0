package io.cachefs.cache.files;

import io.cachefs.base.Attributes;
import io.cachefs.base.ByteRange;
import io.cachefs.base.FsException;
import io.cachefs.base.Version;
import io.cachefs.cache.data.Draft;
import io.cachefs.cache.metadata.Clock;
import io.cachefs.cache.metadata.WriteModes;
import io.cachefs.engine.config.WriteMode;
import io.cachefs.source.Found;
import io.cachefs.source.SourceFile;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Who has files open for writing, and what is kept of what they write.
 *
 * <p>The source does not say who changed a file. So what is written is kept only of a file that was
 * empty when its writer came, while there is no other writer through here, and under the version
 * that the source names as soon as the writer has gone.
 */
final class Writers {
  private static final int COPIED_AT_ONCE = 1 << 20;

  private final Shared shared;
  private final AttributeCache attributes;
  private final Caching caching;
  private final WriteModes modes;
  private final boolean cheap;

  /**
   * Writers of files of a source.
   *
   * @param cheap whether fetching what was written costs next to nothing, so that nothing is kept
   */
  Writers(
      Shared shared, AttributeCache attributes, Caching caching, WriteModes modes, boolean cheap) {
    this.shared = shared;
    this.attributes = attributes;
    this.caching = caching;
    this.modes = modes;
    this.cheap = cheap;
  }

  WriteMode mode(CachedNode node) {
    return modes.isByPath() ? modes.of(node.path()) : modes.general();
  }

  void opened(CachedNode node) {
    Known before;
    Draft other;
    synchronized (node.order) {
      before = node.known;
      other = node.draft;
      node.draft = null;
      node.writers++;
    }
    if (other != null) {
      other.abandon();
    }
    attributes.expireByUs(node);
    if (before != null && before.isFresh(shared.clock())) {
      // What others change while it is open for writing is not told, so nothing may be kept.
      shared.told().attributesChanged(node.id());
    }
  }

  /** Says that a file could not be opened for writing after all. */
  void failed(CachedNode node) {
    synchronized (node.order) {
      node.writers--;
    }
    attributes.expireByUs(node);
  }

  /** Begins to keep what the only writer of a file writes that has these attributes, or null. */
  @Nullable Draft draft(CachedNode node, Attributes now) {
    return now.size() == 0 ? begun(node, now) : null;
  }

  /** As {@link #draft}, of a file that its writer has just made empty. */
  @Nullable Draft draftOfEmpty(CachedNode node) {
    Known known = node.known;
    return known == null ? null : begun(node, known.attributes());
  }

  private @Nullable Draft begun(CachedNode node, Attributes now) {
    if (cheap || mode(node) == WriteMode.WRITE_AROUND || !caching.isCached(node, now)) {
      return null;
    }
    Draft begun = shared.data().draft(node.key(), caching.maxFileBytes());
    Draft before;
    synchronized (node.order) {
      before = node.draft;
      node.draft = node.writers == 1 ? begun : null;
      begun = node.draft;
    }
    if (before != null) {
      before.abandon();
    }
    return begun;
  }

  /** Ends what is kept of a file that changes in another way than by its only writer. */
  void changedOtherwise(CachedNode node) {
    Draft written;
    synchronized (node.order) {
      written = node.draft;
      node.draft = null;
    }
    if (written != null) {
      written.abandon();
    }
  }

  /**
   * Says that a writer will change nothing any more.
   *
   * @param open the source's file, still open
   * @param written what it has written since the file was empty, or null
   */
  void closed(CachedNode node, SourceFile open, @Nullable Draft written) {
    if (written != null) {
      written.end();
    }
    boolean pending;
    synchronized (node.order) {
      node.writers--;
      pending = written != null && node.draft == written && !written.isOver();
      // What was asked before may be older than the last write.
      node.order.settle(shared.questions().last());
    }
    attributes.expireByUs(node);
    if (shared.told().isShared()) {
      shared.told().contentChanged(node.id());
    }
    if (written != null) {
      try {
        if (pending) {
          Known unused = attributes.asked(node, open);
        }
      } catch (FsException e) {
        // Without an answer nobody knows which version was written.
      } finally {
        forget(node, written);
      }
    }
  }

  /** Gives up what the answer did not decide about, unless that of a change of ours will. */
  private static void forget(CachedNode node, Draft written) {
    synchronized (node.order) {
      boolean waits = node.draft == written;
      if (waits && !written.isOver() && node.order.isChanging()) {
        return;
      }
      if (waits) {
        node.draft = null;
      }
    }
    written.abandon();
  }

  /** As {@link CachedSource#keep}. */
  void keep(CachedNode node, Attributes now, KeptBytes bytes) throws FsException {
    if (!node.isRegular() || now.size() == 0 || !caching.isCached(node, now)) {
      return;
    }
    long question = shared.questions().next();
    Draft draft = shared.data().draft(node.key(), caching.maxFileBytes());
    try {
      draft.resize(now.size());
      copy(bytes, draft);
      draft.end();
      put(node, now, draft, question);
    } finally {
      draft.abandon();
    }
  }

  private static void copy(KeptBytes bytes, Draft draft) throws FsException {
    ByteBuffer buffer = null;
    for (ByteRange range : bytes.ranges()) {
      long at = range.offset();
      while (at < range.end() && !draft.isOver()) {
        int length = (int) Math.min(COPIED_AT_ONCE, range.end() - at);
        if (buffer == null || buffer.capacity() < length) {
          buffer = ByteBuffer.allocateDirect(length);
        }
        bytes.read(at, buffer.clear().limit(length));
        draft.begin(at, length);
        draft.wrote(at, buffer.flip());
        at += length;
      }
    }
  }

  private void put(CachedNode node, Attributes now, Draft draft, long question) {
    long dropped;
    synchronized (node.order) {
      if (node.writers > 0 || !node.order.accepts(question)) {
        return;
      }
      Version version = Version.of(now);
      long kept = draft.keep(version, node.isPinned());
      if (kept == 0) {
        return;
      }
      dropped = node.contentId;
      node.forgetContent();
      node.contentId = kept;
      Known known = node.known;
      if (known == null || !known.version().equals(version) || !known.settled()) {
        // The next question finds out whether it is still so.
        boolean settled = draft.isExact() || Known.isSettled(version, shared.clock().millis());
        Found found = new Found(node, now);
        node.known = new Known(found, version, settled, 0, Clock.OVER, null, true);
      }
      shared.records().save(node);
    }
    if (dropped != 0) {
      attributes.drop(node, dropped);
    }
  }
}
