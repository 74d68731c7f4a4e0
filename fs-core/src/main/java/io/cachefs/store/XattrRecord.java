package io.cachefs.store;

import io.cachefs.base.Timestamp;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Extended attributes known of one file, right as long as its change time is {@code changed}.
 *
 * @param complete whether every name the file has is among {@code xattrs}
 */
public record XattrRecord(Timestamp changed, boolean complete, List<Xattr> xattrs) {
  /**
   * One of them.
   *
   * @param value null if {@code absent} or only the name is known
   * @param absent whether it is known not to exist
   */
  // The arrays are not changed, and records are not compared.
  @SuppressWarnings("ArrayRecordComponent")
  public record Xattr(byte[] name, byte @Nullable [] value, boolean absent) {}
}
