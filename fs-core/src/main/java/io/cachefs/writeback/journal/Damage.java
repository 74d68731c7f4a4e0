package io.cachefs.writeback.journal;

/**
 * A part of a journal that was synced once and cannot be read now.
 *
 * @param afterSequence number of the last record before it, as written; what follows was lost
 * @param what for people
 */
public record Damage(int segment, long offset, long bytes, long afterSequence, String what) {
  static final String WRONG_PAYLOAD = "the payload does not fit its checksum";

  /** Returns whether it is a payload that was found wrong when somebody wanted to read it. */
  public boolean isWrongRead() {
    return what.equals(WRONG_PAYLOAD);
  }
}
