package io.cachefs.store;

import io.cachefs.base.Attributes;
import io.cachefs.base.Version;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one file.
 *
 * @param attributes as the source gave them
 * @param checkedAtMillis wall-clock time at which the source said so; 0 if it must be asked again
 * @param contentId the content kept of this file, 0 for none; see {@link ContentRecord}
 * @param flags of {@link #PINNED} and {@link #PINNED_BELOW}
 * @param listed the version of a directory at which all its names are in the index, or null
 * @param handle what the source needs to find the file without its name; may be empty
 * @param target of a symbolic link; empty if it is not known or the file is none
 */
// The arrays are not changed, and records are not compared.
@SuppressWarnings("ArrayRecordComponent")
public record InodeRecord(
    Attributes attributes,
    long checkedAtMillis,
    long contentId,
    int flags,
    @Nullable Version listed,
    byte[] handle,
    byte[] target) {

  /** The content is never evicted. */
  public static final int PINNED = 1;

  /** What is found in this directory is pinned too. */
  public static final int PINNED_BELOW = 2;
}
