package io.cachefs.engine.admin;

import io.cachefs.base.Attributes;
import io.cachefs.base.ByteRange;
import io.cachefs.engine.config.WriteMode;
import java.util.List;

/**
 * What is known and kept of one file.
 *
 * @param path below the source
 * @param attributes as last said by the source
 * @param checkedAtMillis when it said so; 0 if it will be asked before the next use
 * @param lifetimeNanos how long that may still be used; the largest number for no end
 * @param watched whether changes at the source are reported
 * @param pinned whether it is never evicted
 * @param openForWriting whether somebody writes it through the cache
 * @param place where its content is kept
 * @param complete whether all of it is
 * @param storedBytes what that takes of the cache
 * @param fetchedAtMillis when its first byte was fetched; 0 if nothing is kept
 * @param usedAtMillis when it was used last, as far as that was noted
 * @param ranges what is kept of it
 * @param whyNot why its content is not cached; empty if it can be
 * @param mode what happens to what is written to it
 */
public record Explanation(
    String path,
    Attributes attributes,
    long checkedAtMillis,
    long lifetimeNanos,
    boolean watched,
    boolean pinned,
    boolean openForWriting,
    Place place,
    boolean complete,
    long storedBytes,
    long fetchedAtMillis,
    long usedAtMillis,
    List<ByteRange> ranges,
    String whyNot,
    WriteMode mode) {
  public Explanation {
    ranges = List.copyOf(ranges);
  }

  /** Where the content of a file is kept. */
  public enum Place {
    NOWHERE,
    INDEX,
    BLOB
  }
}
