package io.cachefs.engine;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a name of the source stood for, and when. Thread-safe. */
final class History {
  /** The bytes are compared in words, each of which tells the version it was written in. */
  static final int WORD = 8;

  private final List<Version> versions = new ArrayList<>();

  /** One state; {@code bytes} is null if the file did not exist. */
  private static final class Version {
    final byte @Nullable [] bytes;
    final long begunAt;
    long doneAt = Long.MAX_VALUE;

    Version(byte @Nullable [] bytes, long begunAt) {
      this.bytes = bytes;
      this.begunAt = begunAt;
    }
  }

  /** A change begins that leads to these bytes, or to no file. */
  synchronized void begin(byte @Nullable [] bytes) {
    versions.add(new Version(bytes, System.nanoTime()));
  }

  /** The change has happened. */
  synchronized void done() {
    versions.get(versions.size() - 1).doneAt = System.nanoTime();
  }

  /** The bytes now; null if there is no file. Only for who makes the changes. */
  synchronized byte @Nullable [] now() {
    return versions.get(versions.size() - 1).bytes;
  }

  /**
   * Returns the versions that were there at some moment from {@code from} to {@code to}, both of
   * {@link System#nanoTime}, those of a change under way included.
   */
  synchronized List<byte @Nullable []> between(long from, long to) {
    List<byte @Nullable []> found = new ArrayList<>();
    for (int i = 0; i < versions.size(); i++) {
      boolean begun = versions.get(i).begunAt - to <= 0;
      boolean over = i + 1 < versions.size() && isBefore(versions.get(i + 1).doneAt, from);
      if (begun && !over) {
        found.add(versions.get(i).bytes);
      }
    }
    return found;
  }

  private static boolean isBefore(long doneAt, long from) {
    return doneAt != Long.MAX_VALUE && doneAt - from < 0;
  }

  /**
   * Returns what is wrong with what was read from {@code offset} to the end of a file, or null:
   * each word must be of one of the versions, at its place, and the end must be that of one of
   * them.
   */
  static @Nullable String wrong(byte[] read, List<byte @Nullable []> versions) {
    boolean endFits = false;
    for (byte @Nullable [] version : versions) {
      endFits |= version != null && version.length == read.length;
    }
    if (!endFits) {
      return "a length of " + read.length;
    }
    for (int at = 0; at < read.length; at += WORD) {
      int end = Math.min(at + WORD, read.length);
      boolean fits = false;
      for (byte @Nullable [] version : versions) {
        fits |= version != null && sameWord(read, version, at, end);
      }
      if (!fits) {
        return "bytes that were not there at " + at + " of " + read.length + ": " + word(read, at);
      }
    }
    return null;
  }

  /** Returns whether what was read is one of the versions as a whole. */
  static boolean isOne(byte[] read, List<byte @Nullable []> versions) {
    return versions.stream().anyMatch(version -> java.util.Arrays.equals(version, read));
  }

  private static boolean sameWord(byte[] read, byte[] version, int at, int end) {
    return end <= version.length && java.util.Arrays.equals(read, at, end, version, at, end);
  }

  private static String word(byte[] read, int at) {
    StringBuilder text = new StringBuilder();
    for (int i = at; i < Math.min(at + WORD, read.length); i++) {
      text.append(String.format("%02x", read[i]));
    }
    return text.toString();
  }

  /** Fills {@code bytes} from an offset on with words of version {@code stamp}, none of them 0. */
  static void stamp(byte[] bytes, int from, int to, int stamp) {
    for (int i = from; i < to; i++) {
      long word = 0xA5L << 56 | (long) stamp << 32 | i / WORD;
      bytes[i] = (byte) (word >>> (56 - i % WORD * 8));
    }
  }
}
