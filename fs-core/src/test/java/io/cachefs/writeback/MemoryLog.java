package io.cachefs.writeback;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.writeback.journal.Place;
import io.cachefs.writeback.pending.ChangeLog;
import io.cachefs.writeback.pending.PendingSource;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** A log in memory. Thread-safe. */
public final class MemoryLog implements ChangeLog {
  /** One record. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Kept(int kind, byte[] head, byte[] payload, Place spot) {}

  private final List<Kept> records = new ArrayList<>();
  private final Set<Long> released = new LinkedHashSet<>();
  private final Set<Long> ended = new HashSet<>();
  private long failAfter = Long.MAX_VALUE;

  @Override
  public synchronized Place append(int kind, byte[] head) throws FsException {
    return append(kind, head, new byte[0]);
  }

  private Place append(int kind, byte[] head, byte[] payload) throws FsException {
    if (records.size() >= failAfter) {
      throw new FsException(Errno.ENOSPC);
    }
    long sequence = records.size() + 1L;
    Place spot = new Place(sequence, 0, (int) sequence * 64, payload.length, (int) -sequence);
    records.add(new Kept(kind, head, payload, spot));
    return spot;
  }

  /** Lets each further record fail. */
  public synchronized void fail(boolean failing) {
    failAfter = failing ? records.size() : Long.MAX_VALUE;
  }

  @Override
  public synchronized List<Place> appendData(int kind, List<byte[]> heads, ByteBuffer payload)
      throws FsException {
    List<Place> spots = new ArrayList<>();
    for (byte[] head : heads) {
      byte[] part = new byte[Math.min(MAX_PAYLOAD, payload.remaining())];
      payload.get(part);
      spots.add(append(kind, head, part));
    }
    return spots;
  }

  @Override
  public void commit(long sequence) {}

  @Override
  public synchronized long lastSequence() {
    return records.size();
  }

  @Override
  public synchronized boolean read(Place spot, int from, ByteBuffer target) {
    if (released.contains(spot.sequence())) {
      return false;
    }
    target.put(records.get((int) spot.sequence() - 1).payload, from, target.remaining());
    if (spot.checksum() != (int) -spot.sequence() || spot.offset() != (int) spot.sequence() * 64) {
      throw new AssertionError("another place: " + spot);
    }
    return true;
  }

  @Override
  public synchronized void release(Place spot) {
    if (spot.sequence() > 0 && !released.add(spot.sequence())) {
      throw new AssertionError("released twice: " + records.get((int) spot.sequence() - 1));
    }
  }

  /** Returns how many records are of use. */
  public synchronized int live() {
    return records.size() - released.size();
  }

  public synchronized List<Kept> records() {
    return List.copyOf(records);
  }

  /** Returns a log with the first so many records, none of them released. */
  public synchronized MemoryLog prefix(int count) {
    MemoryLog made = new MemoryLog();
    made.records.addAll(records.subList(0, count));
    return made;
  }

  /** Returns a log with the records that are of use now, as after a crash of the process. */
  public synchronized MemoryLog survivors() {
    return survivors(released.size());
  }

  /** As {@link #survivors()}, but only what was released first, so much of it, is gone. */
  public synchronized MemoryLog survivors(int gone) {
    MemoryLog made = new MemoryLog();
    made.records.addAll(records);
    released.stream().limit(gone).forEach(made.ended::add);
    made.released.addAll(made.ended);
    return made;
  }

  /** Returns how many records were released. */
  public synchronized int released() {
    return released.size();
  }

  /** Returns the sequences of the records that are of use, each with its kind. */
  public synchronized List<String> texts() {
    return records.stream()
        .filter(record -> !released.contains(record.spot.sequence()))
        .map(record -> record.spot.sequence() + " of kind " + record.kind)
        .toList();
  }

  /** Applies all records to a source that was just made over this log. */
  public void replay(PendingSource source) throws FsException {
    for (Kept record : records()) {
      if (!ended.contains(record.spot.sequence())) {
        source.replay(record.kind, record.head, record.spot);
      }
    }
    source.replayed();
  }
}
