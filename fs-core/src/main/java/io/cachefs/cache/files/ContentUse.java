package io.cachefs.cache.files;

import io.cachefs.cache.data.Content;
import java.util.concurrent.atomic.AtomicInteger;

/** One open file's use of a content, ended by the last of the reads that run on it. Thread-safe. */
final class ContentUse {
  private final CachedNode node;
  private final int generation;
  private final Content content;
  private final LazyOrigin origin;
  private final AtomicInteger uses = new AtomicInteger(1);

  /** Takes over the use of {@code content}, which is of the node's version at a generation. */
  ContentUse(CachedNode node, int generation, Content content, LazyOrigin origin) {
    this.node = node;
    this.generation = generation;
    this.content = content;
    this.origin = origin;
  }

  Content content() {
    return content;
  }

  /** Returns whether this is the content of the version that is known now. */
  boolean isCurrent() {
    return node.generation == generation;
  }

  void take() {
    uses.incrementAndGet();
  }

  void release() {
    if (uses.decrementAndGet() == 0) {
      if (origin.wasOpen()) {
        content.confirm(origin);
      }
      content.close();
    }
  }
}
