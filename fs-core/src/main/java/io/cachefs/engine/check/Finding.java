package io.cachefs.engine.check;

/**
 * Something that is not as it should be.
 *
 * @param path below the source of the file it concerns; empty if there is none or it is not known
 * @param what in a few words
 * @param repaired whether it is so no more
 */
public record Finding(Kind kind, String path, String what, boolean repaired) {

  /** What is wrong. */
  public enum Kind {
    /** The directory itself: permissions, name. */
    DIRECTORY,
    /** The index as a whole cannot be used. */
    INDEX,
    /** A record cannot be read. */
    RECORD,
    /** A record refers to what is not there, or to what says something else. */
    REFERENCE,
    /** The index does not know how much is in it. */
    TOTALS,
    /** A blob is missing or has another size. */
    BLOB,
    /** A part of a blob is not what was written. */
    BLOCK,
    /** A blob, or a file, that nothing refers to. */
    ORPHAN,
    /** A pin that does not hold. */
    PIN,
    /** A change that is not at the source yet cannot be read. */
    JOURNAL
  }
}
