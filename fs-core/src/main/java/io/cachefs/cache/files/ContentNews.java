package io.cachefs.cache.files;

import io.cachefs.base.FileKey;
import io.cachefs.base.Mode;
import io.cachefs.cache.data.ContentListener;
import io.cachefs.source.FileId;
import org.jspecify.annotations.Nullable;

/** Notes what the data cache finds out about content. Thread-safe. */
public final class ContentNews implements ContentListener {
  private volatile @Nullable Shared shared;
  private volatile @Nullable AttributeCache attributes;

  /** Begins to note; news before this concern nobody. */
  void connect(Shared of, AttributeCache cache) {
    shared = of;
    attributes = cache;
  }

  private static @Nullable CachedNode node(Shared of, FileKey file) {
    FileId id = of.keys().id(file);
    return id == null ? null : of.nodes().of(id, Mode.REGULAR);
  }

  @Override
  public void versionGone(FileKey file, long contentId) {
    Shared to = shared;
    AttributeCache cache = attributes;
    CachedNode node = to == null ? null : node(to, file);
    if (to == null || cache == null || node == null) {
      return;
    }
    boolean known;
    synchronized (node.order) {
      known = node.contentId == contentId && contentId != 0;
      if (known) {
        node.forgetContent();
      }
    }
    cache.expire(node);
    to.told().contentChanged(node.id());
  }

  @Override
  public boolean isSourceDown() {
    Shared of = shared;
    return of != null && of.source().isDown();
  }

  @Override
  public void changedId(FileKey file, long contentId) {
    Shared to = shared;
    CachedNode node = to == null ? null : node(to, file);
    if (to == null || node == null) {
      return;
    }
    long superseded;
    synchronized (node.order) {
      long last = node.contentId;
      if (last == contentId) {
        return;
      }
      // Ids follow the order of beginning, so the later one is of the newer version.
      boolean isRight = node.known != null && node.writers == 0 && contentId > last;
      superseded = isRight ? last : contentId;
      if (isRight) {
        node.contentId = contentId;
        to.records().save(node);
      }
    }
    if (superseded != 0) {
      // No record names it, so nobody would find it, and it would take room until it is evicted.
      to.data().drop(superseded);
    }
  }
}
