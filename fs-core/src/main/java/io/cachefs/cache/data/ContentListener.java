package io.cachefs.cache.data;

import io.cachefs.base.FileKey;

/**
 * Is told what a content found out, and knows how the source is. Called without locks, by any
 * thread.
 */
public interface ContentListener {
  /** The source has another version of the file than the content was of; the content is gone. */
  void versionGone(FileKey file, long contentId);

  /** Something of the file is kept under this id now: its inode record should name it. */
  void changedId(FileKey file, long contentId);

  /** Returns whether the source does not answer now, so that nothing can be fetched again. */
  default boolean isSourceDown() {
    return false;
  }
}
