package io.cachefs.engine.check;

import java.util.List;

/**
 * How far a check is, or what it found.
 *
 * @param records of the index looked at
 * @param contents looked at
 * @param bytes compared with their checksums
 * @param blobs that a record was looked for
 * @param changes records of the journal looked at
 * @param found how many findings there are
 * @param left how many of them are not repaired
 * @param findings the first of them; empty until the end
 * @param cancelled whether it was ended early
 */
public record CheckReport(
    long records,
    long contents,
    long bytes,
    long blobs,
    long changes,
    long found,
    long left,
    List<Finding> findings,
    boolean cancelled) {
  public CheckReport {
    findings = List.copyOf(findings);
  }
}
