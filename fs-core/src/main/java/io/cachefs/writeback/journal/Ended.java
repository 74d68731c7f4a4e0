package io.cachefs.writeback.journal;

import io.cachefs.writeback.journal.Scan.Found;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * The records that notes of the journal end. A note is behind each copy of a record that it ends,
 * and segments are removed from the oldest on: so no copy is left when the note is gone. Owned by
 * the thread that opens the journal.
 */
final class Ended {
  /** The most records that one note ends, which take 10 bytes at most. */
  static final int MOST = FrameCodec.MAX_HEAD / 10;

  private static final int GROUP = 7;
  private static final int MORE = 1 << GROUP;

  private long[] sequences = new long[64];
  private int count;

  private Ended() {}

  /** Returns the sequences: of each the difference from the one before, seven bits in a byte. */
  static byte[] encoded(List<Place> ended) {
    long[] sorted = ended.stream().mapToLong(Place::sequence).sorted().toArray();
    ByteBuffer out = ByteBuffer.allocate(sorted.length * 10);
    long before = 0;
    for (long sequence : sorted) {
      long left = sequence - before;
      before = sequence;
      while (left >= MORE) {
        out.put((byte) (left | MORE));
        left >>>= GROUP;
      }
      out.put((byte) left);
    }
    return Arrays.copyOf(out.array(), out.position());
  }

  /** Collects what notes among these frames end. */
  static Ended by(List<Found> frames) {
    Ended ended = new Ended();
    for (Found each : frames) {
      if (each.frame().kind() == Log.NOTE) {
        ended.read(each.frame().head());
      }
    }
    ended.sequences = Arrays.copyOf(ended.sequences, ended.count);
    Arrays.sort(ended.sequences);
    return ended;
  }

  private void read(byte[] head) {
    long sequence = 0;
    long difference = 0;
    int shift = 0;
    for (byte each : head) {
      difference |= (long) (each & (MORE - 1)) << shift;
      shift += GROUP;
      if ((each & MORE) == 0) {
        sequence += difference;
        add(sequence);
        difference = 0;
        shift = 0;
      }
    }
  }

  private void add(long sequence) {
    if (count == sequences.length) {
      sequences = Arrays.copyOf(sequences, 2 * count);
    }
    sequences[count++] = sequence;
  }

  boolean contains(long sequence) {
    return Arrays.binarySearch(sequences, sequence) >= 0;
  }
}
