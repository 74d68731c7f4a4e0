package io.cachefs.cache.files;

import io.cachefs.base.FsException;
import io.cachefs.base.StatFs;
import io.cachefs.cache.metadata.Clock;
import io.cachefs.source.SourceDownException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Answers how much space a file system of the source has left. Thread-safe. */
final class FreeSpace {
  private final Shared shared;

  /** By device; a source has few. */
  private final Map<Long, Answer> answers = new ConcurrentHashMap<>();

  private record Answer(StatFs space, long until) {}

  FreeSpace(Shared shared) {
    this.shared = shared;
  }

  /** Returns the highest directory on the same device: the way to the file may be long. */
  private static CachedNode nearest(CachedNode node) {
    CachedNode nearest = node;
    for (CachedNode.Place at = node.place(); at != null; at = at.directory().place()) {
      if (at.directory().id().device() != node.id().device()) {
        break;
      }
      nearest = at.directory();
    }
    return nearest;
  }

  StatFs of(CachedNode node) throws FsException {
    Clock clock = shared.clock();
    Answer known = answers.get(node.id().device());
    if (known != null && (clock.isAhead(known.until) || shared.source().isDown())) {
      return known.space;
    }
    StatFs space;
    try {
      space = shared.source().statfs(nearest(node).inner(shared.source()));
    } catch (SourceDownException e) {
      if (known == null) {
        throw e;
      }
      return known.space;
    }
    long lifetime = shared.paths().terms(node).attributes();
    answers.put(node.id().device(), new Answer(space, clock.after(lifetime)));
    return space;
  }
}
