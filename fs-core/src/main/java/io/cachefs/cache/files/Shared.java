package io.cachefs.cache.files;

import io.cachefs.cache.data.DataCache;
import io.cachefs.cache.metadata.Clock;
import io.cachefs.cache.metadata.FileKeys;
import io.cachefs.cache.metadata.Questions;
import io.cachefs.source.Source;
import io.cachefs.store.Index;

/** What the parts of one cache work on. */
record Shared(
    Source source,
    Index index,
    DataCache data,
    Clock clock,
    Questions questions,
    FileKeys keys,
    Paths paths,
    Records records,
    NodeTable nodes,
    Told told,
    Watches watches) {

  /** Returns whether asking the source may take long. */
  boolean isSlow() {
    return source.capabilities().mayHang();
  }
}
