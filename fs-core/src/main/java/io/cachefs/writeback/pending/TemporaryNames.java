package io.cachefs.writeback.pending;

import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The names that files have at the source until they are complete; nobody sees them here. */
final class TemporaryNames {
  private static final byte[] END = {'.', 't', 'm', 'p'};

  private final byte[] prefix;

  TemporaryNames(String cacheId) {
    this.prefix = (".cachefs-" + cacheId + "-").getBytes(StandardCharsets.US_ASCII);
  }

  Name of(PendingNode node) throws FsException {
    String text = new String(prefix, StandardCharsets.US_ASCII) + Long.toHexString(node.number);
    return Name.of(text + ".tmp");
  }

  /** Returns whether the first bytes of {@code name} are such a name. */
  boolean isOne(byte[] name, int length) {
    return length > prefix.length + END.length
        && name[0] == '.'
        && Arrays.equals(name, 0, prefix.length, prefix, 0, prefix.length)
        && Arrays.equals(name, length - END.length, length, END, 0, END.length);
  }
}
