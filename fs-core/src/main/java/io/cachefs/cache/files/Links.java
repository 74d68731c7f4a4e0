package io.cachefs.cache.files;

import io.cachefs.base.FsException;
import io.cachefs.base.Mode;

/**
 * Answers where symbolic links lead. That never changes: a link can only be replaced by another.
 */
final class Links {
  private final Shared shared;

  Links(Shared shared) {
    this.shared = shared;
  }

  byte[] target(CachedNode node) throws FsException {
    byte[] known = node.target;
    if (known.length > 0) {
      return known.clone();
    }
    byte[] target = shared.source().readlink(node.inner(shared.source()));
    if (Mode.isSymlink(node.type()) && target.length > 0) {
      synchronized (node.order) {
        node.target = target.clone();
        shared.records().save(node);
      }
    }
    return target;
  }
}
