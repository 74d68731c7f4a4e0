package io.cachefs.store.format;

/** The version of what is on the disk. Raised with every change of a layout. */
public final class FormatVersion {
  /** Of keys and records of the index. */
  public static final int INDEX = 1;

  private FormatVersion() {}
}
