package io.cachefs.store;

import io.cachefs.base.FileKey;
import io.cachefs.base.Version;

/**
 * The content kept of one version of one file. It lies in a blob named by {@code id}, or in the
 * index itself if it is {@link #INLINE}. An id is never used for a second content, so stale bytes
 * cannot be found under a new version.
 *
 * @param storedBytes space it is charged with on the disk
 * @param flags of {@link #INLINE}, {@link #COMPLETE}, {@link #PINNED}, {@link #WRITTEN}
 * @param fetchedAtMillis when its first byte was fetched
 * @param usedAtMillis when it was used last, as far as that was noted
 * @param uses how often it was opened, counted up to 255 and aged
 */
public record ContentRecord(
    long id,
    FileKey file,
    Version version,
    long storedBytes,
    int flags,
    long fetchedAtMillis,
    long usedAtMillis,
    int uses) {
  public static final int INLINE = 1;
  public static final int COMPLETE = 2;
  public static final int PINNED = 4;

  /**
   * All of it was written through the cache, and the source's clock is fine enough to tell this
   * version from later ones though it was young when the content was noted.
   */
  public static final int WRITTEN = 8;

  public ContentRecord withFlags(int other) {
    return new ContentRecord(
        id, file, version, storedBytes, other, fetchedAtMillis, usedAtMillis, uses);
  }

  public ContentRecord withStoredBytes(long other) {
    return new ContentRecord(id, file, version, other, flags, fetchedAtMillis, usedAtMillis, uses);
  }

  public ContentRecord withUse(long atMillis, int times) {
    return new ContentRecord(
        id, file, version, storedBytes, flags, fetchedAtMillis, atMillis, times);
  }
}
