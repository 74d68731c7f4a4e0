package io.cachefs.writeback.pending;

import io.cachefs.writeback.journal.Need;

/** What the kinds of records are to a log that has little room. */
public final class RecordKinds {
  private RecordKinds() {}

  /** Returns how much a record of that kind is needed. */
  public static Need needOf(int kind) {
    return switch (kind) {
      // Without them nothing can be sent, or given up.
      case Change.Begun.KIND, Change.Freeze.KIND -> Need.FREES;
      case Change.Remove.KIND, Change.Truncate.KIND -> Need.FREES;
      case Change.Sent.KIND -> Need.MUST;
      default -> Need.CHANGE;
    };
  }
}
