package io.cachefs.cache.files;

import io.cachefs.source.FileId;
import io.cachefs.source.Pin;
import io.cachefs.source.Source;
import io.cachefs.source.SourceNode;

/** Keeps a file of the inner source reachable. */
record CachedPin(Source source, Pin inner) implements Pin {
  @Override
  public FileId id() {
    return inner.id();
  }

  @Override
  public void attach(SourceNode node) {
    inner.attach(((CachedNode) node).inner(source));
  }

  @Override
  public void close() {
    inner.close();
  }
}
