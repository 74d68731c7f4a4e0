package io.cachefs.engine.check;

import io.cachefs.cache.data.DataCache;
import io.cachefs.store.BlobStore;
import io.cachefs.store.Index;
import io.cachefs.store.IndexAudit;
import io.cachefs.store.directory.CacheDirectory;

/**
 * What a check looks through, and through what it repairs.
 *
 * @param journal what looks through the changes that are not at the source
 * @param idle whether nobody uses the cache meanwhile
 * @param sums told by how much the totals of the index were wrong
 */
public record CheckedParts(
    CacheDirectory directory,
    Index index,
    IndexAudit audit,
    BlobStore blobs,
    DataCache data,
    JournalCheck journal,
    boolean idle,
    SumsListener sums) {

  /** Hears that something else is kept than the index said. */
  public interface SumsListener {
    /** The index noted so much too much, or too little if it is less than nothing. */
    void tooMuch(long contents, long bytes, long pinnedBytes);
  }
}
