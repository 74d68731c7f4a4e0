package io.cachefs.writeback.pending;

import io.cachefs.writeback.journal.Place;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which ranges of a file are in which records of the log, in order and without overlaps. A range
 * without a record is zeros. Few ranges are in one array; many in parts of at most {@link
 * #MOST_IN_PART}. Guarded by the lock of its node.
 */
final class Extents {
  private static final int STRIDE = 5;
  private static final int MOST_IN_PART = 256;

  // The last number of a range: the offset of the payload in its segment, which is at most 512 MiB,
  // its length of at most 128 KiB, and where in it the range begins.
  private static final int OFFSET_SHIFT = 35;
  private static final int LENGTH_SHIFT = 17;
  private static final long LENGTH_MASK = (1 << 18) - 1;
  private static final long FROM_MASK = (1 << 17) - 1;

  /** Start, end, sequence, segment and checksum, and what the numbers above are about. */
  private long[] data = {};

  private int count;

  /** Null while all are in {@link #data}. Never empty, and no part is. */
  private @Nullable List<Extents> parts;

  /**
   * A range of a file.
   *
   * @param spot null for zeros
   * @param from where in the payload the range starts
   */
  record Piece(long start, long end, @Nullable Place spot, int from) {
    long length() {
      return end - start;
    }
  }

  /** Hears of records that no range needs any more. */
  interface Unused {
    void record(Place spot);
  }

  boolean isEmpty() {
    return parts == null && count == 0;
  }

  int size() {
    if (parts == null) {
      return count;
    }
    return parts.stream().mapToInt(part -> part.count).sum();
  }

  /** Puts a range, in place of what was there. */
  void put(long start, long end, @Nullable Place spot, int from, Unused unused) {
    remove(start, end, unused);
    long[] entry = {
      start,
      end,
      spot == null ? 0 : spot.sequence(),
      spot == null ? 0 : (long) spot.segment() << 32 | (spot.checksum() & 0xffffffffL),
      spot == null ? 0 : packed(spot, from)
    };
    List<Extents> in = parts;
    if (in == null) {
      insert(indexAfter(start), entry);
      if (count > MOST_IN_PART) {
        parts = new ArrayList<>(List.of(copy(0, count / 2), copy(count / 2, count)));
        data = new long[0];
        count = 0;
      }
      return;
    }
    int part = partOf(in, start);
    Extents leaf = in.get(part);
    leaf.insert(leaf.indexAfter(start), entry);
    if (leaf.count > MOST_IN_PART) {
      // What is written in order fills the parts: the new one begins where writing goes on.
      int middle = leaf.start(leaf.count - 1) == start ? leaf.count - 1 : leaf.count / 2;
      in.add(part + 1, leaf.copy(middle, leaf.count));
      leaf.count = middle;
    }
  }

  private static long packed(Place spot, int from) {
    return (long) spot.offset() << OFFSET_SHIFT | (long) spot.length() << LENGTH_SHIFT | from;
  }

  /** Takes what is in a range out. */
  void remove(long start, long end, Unused unused) {
    List<Piece> cut = new ArrayList<>(0);
    cutOut(start, end, cut);
    if (!cut.isEmpty()) {
      tellUnused(cut, unused);
    }
  }

  private void tellUnused(List<Piece> cut, Unused unused) {
    Set<Long> told = new HashSet<>();
    for (Piece piece : cut) {
      Place spot = piece.spot;
      if (spot != null
          && told.add(spot.sequence())
          && !needs(spot.sequence(), piece.start - piece.from, spot.length())) {
        unused.record(spot);
      }
    }
  }

  private void cutOut(long start, long end, List<Piece> cut) {
    List<Extents> in = parts;
    if (in == null) {
      removeHere(start, end, cut);
      return;
    }
    for (int i = partOf(in, start); i < in.size() && in.get(i).start(0) < end; ) {
      Extents leaf = in.get(i);
      leaf.removeHere(start, end, cut);
      if (leaf.count == 0) {
        in.remove(i);
      } else {
        i++;
      }
    }
    if (in.size() < 2) {
      if (!in.isEmpty()) {
        data = in.get(0).data;
        count = in.get(0).count;
      }
      parts = null;
    }
  }

  private static int partOf(List<Extents> in, long position) {
    int low = 0;
    int high = in.size() - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (in.get(middle).start(0) <= position) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  /** Returns the range that has the position, or the first one after it, or null. */
  @Nullable Piece at(long position) {
    List<Extents> in = parts;
    if (in == null) {
      int index = indexOf(position);
      return index < count ? piece(index) : null;
    }
    int part = partOf(in, position);
    int index = in.get(part).indexOf(position);
    if (index == in.get(part).count) {
      part++;
      index = 0;
    }
    return part < in.size() ? in.get(part).piece(index) : null;
  }

  /** Returns all ranges. */
  List<Piece> all() {
    List<Piece> all = new ArrayList<>(size());
    for (Extents leaf : parts == null ? List.of(this) : parts) {
      for (int i = 0; i < leaf.count; i++) {
        all.add(leaf.piece(i));
      }
    }
    return all;
  }

  /** Returns whether a record is needed whose bytes began there. */
  boolean needs(long sequence, long start, long length) {
    for (Piece piece = at(start); piece != null && piece.start < start + length; ) {
      if (piece.spot != null && piece.spot.sequence() == sequence) {
        return true;
      }
      piece = at(piece.end);
    }
    return false;
  }

  // --- One array ---

  private long start(int index) {
    return data[index * STRIDE];
  }

  private long end(int index) {
    return data[index * STRIDE + 1];
  }

  private Piece piece(int index) {
    int at = index * STRIDE;
    long sequence = data[at + 2];
    Place spot = sequence == 0 ? null : spot(at);
    return new Piece(data[at], data[at + 1], spot, (int) (data[at + 4] & FROM_MASK));
  }

  private Place spot(int at) {
    return new Place(
        data[at + 2],
        (int) (data[at + 3] >>> 32),
        (int) (data[at + 4] >>> OFFSET_SHIFT),
        (int) (data[at + 4] >>> LENGTH_SHIFT & LENGTH_MASK),
        (int) data[at + 3]);
  }

  /** Returns the place of the first range that ends after a position. */
  private int indexOf(long position) {
    if (count == 0 || end(count - 1) <= position) {
      return count;
    }
    int low = 0;
    int high = count - 1;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (end(middle) > position) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  private int indexAfter(long start) {
    int index = indexOf(start);
    return index < count && start(index) < start ? index + 1 : index;
  }

  private void insert(int index, long[] entry) {
    if ((count + 1) * STRIDE > data.length) {
      int capacity = count == 0 ? 1 : Math.min(count * 2, MOST_IN_PART + 2);
      data = Arrays.copyOf(data, Math.max(capacity, count + 1) * STRIDE);
    }
    System.arraycopy(data, index * STRIDE, data, (index + 1) * STRIDE, (count - index) * STRIDE);
    System.arraycopy(entry, 0, data, index * STRIDE, STRIDE);
    count++;
  }

  private Extents copy(int from, int to) {
    Extents made = new Extents();
    made.data = Arrays.copyOfRange(data, from * STRIDE, to * STRIDE);
    made.count = to - from;
    return made;
  }

  private void removeHere(long start, long end, List<Piece> cut) {
    int first = indexOf(start);
    if (first == count || start(first) >= end) {
      return;
    }
    if (start(first) < start && end(first) > end) {
      // A hole in the middle of one.
      long[] rest = Arrays.copyOfRange(data, first * STRIDE, (first + 1) * STRIDE);
      cutFront(rest, 0, end);
      data[first * STRIDE + 1] = start;
      insert(first + 1, rest);
      return;
    }
    if (start(first) < start) {
      noteCut(first, cut);
      data[first * STRIDE + 1] = start;
      first++;
    }
    int last = first;
    while (last < count && end(last) <= end) {
      noteCut(last, cut);
      last++;
    }
    if (last < count && start(last) < end) {
      noteCut(last, cut);
      cutFront(data, last * STRIDE, end);
    }
    System.arraycopy(data, last * STRIDE, data, first * STRIDE, (count - last) * STRIDE);
    count -= last - first;
  }

  private void noteCut(int index, List<Piece> cut) {
    if (data[index * STRIDE + 2] != 0) {
      cut.add(piece(index));
    }
  }

  private static void cutFront(long[] in, int at, long newStart) {
    if (in[at + 2] != 0) {
      in[at + 4] += newStart - in[at];
    }
    in[at] = newStart;
  }
}
