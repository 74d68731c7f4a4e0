package io.cachefs.writeback.pending;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Something that is not at the source yet.
 *
 * @param path as it is here, or was if it is to be removed there
 * @param newPath the new one if it is a {@link Kind#RENAME}, which has the old one as its path
 * @param since when it began to wait, in seconds since 1970; of what was changed again, the first
 * @param size of the file, or -1 if it has no content that is to be sent
 * @param operations that send it, the first of them first
 */
public record PendingChange(
    String path,
    @Nullable String newPath,
    Kind kind,
    long since,
    long size,
    List<Long> operations) {

  /** What is to be done at the source. */
  public enum Kind {
    /** It is made. */
    MAKE,
    /** Its content changes, and perhaps more. */
    CONTENT,
    /** Its attributes or extended attributes change. */
    ATTRIBUTES,
    LINK,
    REMOVE,
    RENAME,
    /** A directory gets the times it has here. */
    TIMES
  }

  /** How much there is. */
  public record Totals(long files, long bytes, long oldestSince) {}

  /** Receives what is pending. */
  public interface Visitor {
    void visit(PendingChange change);
  }
}
