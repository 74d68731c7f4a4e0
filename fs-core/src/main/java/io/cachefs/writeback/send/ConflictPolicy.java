package io.cachefs.writeback.send;

/** What is done when the source has something else than a change was based on. */
public enum ConflictPolicy {
  /** Both versions stay: ours under another name. What would be lost by removing stays. */
  KEEP_BOTH,
  /**
   * Ours takes the place of the source's, except that a directory is never removed with content.
   */
  OURS,
  /** The source's stays and ours is given up. */
  THEIRS
}
