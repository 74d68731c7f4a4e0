package io.cachefs.writeback.journal;

/** How much a record is needed when there is little room for the journal. */
public enum Need {
  /** Something new: it may be refused. */
  CHANGE,
  /** Something can be freed after it: it may use what is kept back for that. */
  FREES,
  /** What happened already: it is appended even if there is no room by agreement. */
  MUST
}
