package io.cachefs.source;

import java.time.Duration;

/**
 * What a source can do, so that layers above plan for it and do not find out by failing.
 *
 * @param stableInodes whether a file keeps its inode number while it exists
 * @param findsByHandle whether a file is found again after a rename that the source was not told of
 * @param hardLinks whether a file can have several names
 * @param xattrs whether extended attributes may exist
 * @param partialWrites whether a part of a file can be written without sending the rest
 * @param changeFeed whether the source can report changes made by others
 * @param reportsErrorsAtClose whether a failed write may show only when the file is closed
 * @param mayHang whether a call may take for ever, because the source is not on this machine
 * @param timePrecision the smallest step of its timestamps
 */
public record SourceCapabilities(
    boolean stableInodes,
    boolean findsByHandle,
    boolean hardLinks,
    boolean xattrs,
    boolean partialWrites,
    boolean changeFeed,
    boolean reportsErrorsAtClose,
    boolean mayHang,
    Duration timePrecision) {

  /** Returns these capabilities without one for reporting changes. */
  public SourceCapabilities withoutChangeFeed() {
    return new SourceCapabilities(
        stableInodes,
        findsByHandle,
        hardLinks,
        xattrs,
        partialWrites,
        false,
        reportsErrorsAtClose,
        mayHang,
        timePrecision);
  }
}
