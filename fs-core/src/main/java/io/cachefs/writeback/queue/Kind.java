package io.cachefs.writeback.queue;

/** What an operation does to the directories it touches. */
public enum Kind {
  /** A name comes that stood for nothing. */
  ADD,
  /** A name goes. */
  REMOVE,
  /** What is there is changed, or a name changes what it stands for. */
  CHANGE
}
