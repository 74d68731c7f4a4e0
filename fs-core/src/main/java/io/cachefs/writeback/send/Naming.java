package io.cachefs.writeback.send;

import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;

/** Names that sending gives to files. */
final class Naming {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss").withZone(ZoneOffset.UTC);

  private final String host;
  private final String prefix;

  Naming(SendSettings settings) {
    this.host = settings.host().replace('/', '-').replace('\0', '-');
    this.prefix = ".cachefs-" + settings.cacheId() + "-";
  }

  /** Returns the name for our version of a file, at the {@code attempt}th attempt, from 0. */
  Name aside(Name name, Instant time, int attempt) throws FsException {
    String end =
        ".conflict-" + host + "-" + TIME.format(time) + (attempt == 0 ? "" : "-" + attempt);
    byte[] tail = end.getBytes(StandardCharsets.UTF_8);
    byte[] start = name.bytes();
    int kept = Math.max(1, Math.min(start.length, Name.MAX_LENGTH - tail.length));
    byte[] whole = Arrays.copyOf(start, kept + tail.length);
    System.arraycopy(tail, 0, whole, kept, tail.length);
    return Name.of(whole);
  }

  /** Returns a name for a file that is not complete; {@code what} tells it from others. */
  Name temporary(String what) throws FsException {
    return Name.of(prefix + what + ".tmp");
  }

  /** Returns whether this cache gave a file that name because it was not complete. */
  boolean isTemporary(byte[] name, int length) {
    String text = new String(name, 0, length, StandardCharsets.ISO_8859_1);
    return text.startsWith(prefix) && text.endsWith(".tmp");
  }
}
