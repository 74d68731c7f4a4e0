package io.cachefs.store.format;

import io.cachefs.base.FileKey;
import io.cachefs.store.ListedName;
import io.cachefs.store.NameRecord;

/**
 * All that is kept of a name.
 *
 * @param inode the number users see; not used if there is no file
 */
public record KnownName(NameRecord record, long inode) {
  /** A name of which only the file is known. */
  public static KnownName of(NameRecord record) {
    FileKey child = record.child();
    return new KnownName(record, child == null ? 0 : child.inode());
  }

  /** A name that was listed. */
  public static KnownName of(ListedName listed, long atMillis) {
    return new KnownName(new NameRecord(listed.child(), listed.type(), atMillis), listed.inode());
  }
}
