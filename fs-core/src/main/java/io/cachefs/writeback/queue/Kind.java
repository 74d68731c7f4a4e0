package io.cachefs.writeback.queue;

/** What an operation does to the directories it touches. */
public enum Kind {
  /** A name comes that stood for nothing. */
  ADD,
  /** A name goes. */
  REMOVE,
  /** What is there is changed, or a name changes what it stands for. */
  CHANGE,
  /**
   * The times of a directory, as {@code nodes} has it: sent while nothing else of it or in it is
   * left, also of what came later. Nothing waits for it, except another one like it. Has no places.
   */
  LAST
}
