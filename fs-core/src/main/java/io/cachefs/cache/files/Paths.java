package io.cachefs.cache.files;

import io.cachefs.base.Name;
import io.cachefs.cache.metadata.Freshness;
import io.cachefs.cache.metadata.Terms;
import java.util.concurrent.atomic.AtomicInteger;

/** Which terms count for which file, by its path. Thread-safe. */
final class Paths {
  private final Freshness freshness;

  /** Counts renames of directories, which change the paths of all that is in them. */
  private final AtomicInteger renames = new AtomicInteger();

  Paths(Freshness freshness) {
    this.freshness = freshness;
  }

  Terms terms(CachedNode node) {
    if (!freshness.isByPath()) {
      return freshness.general();
    }
    int now = renames.get();
    Terms known = node.terms(now);
    if (known == null) {
      known = freshness.of(node.path());
      node.noteTerms(known, now);
    }
    return known;
  }

  /** Returns what counts for a name in a directory, whatever it stands for. */
  Terms terms(CachedNode directory, Name name) {
    return freshness.isByPath()
        ? freshness.of(CachedNode.path(directory, name))
        : freshness.general();
  }

  /** Returns what counts where no rule does. */
  Terms general() {
    return freshness.general();
  }

  /** Returns the shortest lifetimes there are. */
  Terms least() {
    return freshness.least();
  }

  /** Says that a directory has another path now. */
  void renamed() {
    renames.incrementAndGet();
  }
}
