package io.cachefs.writeback;

import io.cachefs.base.FsException;
import io.cachefs.writeback.journal.Journal;
import io.cachefs.writeback.journal.JournalException;
import io.cachefs.writeback.journal.Place;
import io.cachefs.writeback.pending.ChangeLog;
import io.cachefs.writeback.pending.RecordKinds;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The log of pending changes in a journal. What is released is ended in the journal some at a time,
 * in the order in which it was released; until then it is live there, so that nothing it depends on
 * can go before it. While the journal is being opened and replayed, nothing else is possible.
 * Thread-safe once it is attached.
 */
final class JournalLog implements ChangeLog {
  private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(0);

  /** So many released records are ended together. */
  private static final int TOGETHER = 256;

  /** Or so many bytes of files. */
  private static final long BYTES_TOGETHER = 1 << 20;

  private volatile @Nullable Journal journal;

  /** What was released and not ended. Its monitor is held while they are ended. */
  private List<Place> released = new ArrayList<>();

  private long releasedBytes;

  /** Uses the journal from now on. */
  void attach(Journal opened) {
    journal = opened;
  }

  private Journal open() {
    Journal open = journal;
    if (open == null) {
      throw new IllegalStateException("the journal is not open yet");
    }
    return open;
  }

  @Override
  public Place append(int kind, byte[] head) throws FsException {
    return open().append(kind, head, NOTHING.duplicate(), List.of(), RecordKinds.needOf(kind));
  }

  @Override
  public List<Place> appendData(int kind, List<byte[]> heads, ByteBuffer payload)
      throws FsException {
    if (payload.remaining() <= Journal.MAX_DATA) {
      return open().appendData(kind, heads, payload, List.of());
    }
    List<Place> places = new ArrayList<>();
    int limit = payload.limit();
    int perCall = Journal.MAX_DATA / MAX_PAYLOAD;
    for (int from = 0; from < heads.size(); from += perCall) {
      int to = Math.min(heads.size(), from + perCall);
      ByteBuffer part = payload.duplicate();
      part.position(payload.position() + from * MAX_PAYLOAD);
      part.limit(Math.min(limit, part.position() + Journal.MAX_DATA));
      places.addAll(open().appendData(kind, heads.subList(from, to), part, List.of()));
    }
    return places;
  }

  @Override
  public void commit(long sequence) throws FsException {
    open().commit(sequence);
  }

  @Override
  public long lastSequence() {
    return open().lastSequence();
  }

  @Override
  public boolean read(Place spot, int from, ByteBuffer target) throws FsException {
    try {
      open().read(spot, from, target);
      return true;
    } catch (JournalException e) {
      if (e.kind() == JournalException.Kind.GONE) {
        return false;
      }
      throw e;
    }
  }

  @Override
  public synchronized void release(Place spot) {
    if (spot.sequence() > 0) {
      released.add(spot);
      releasedBytes += spot.length();
      boolean enough = released.size() >= TOGETHER || releasedBytes >= BYTES_TOGETHER;
      if (enough && journal != null) {
        end();
      }
    }
  }

  /** Ends all that was released. */
  @Override
  public synchronized void end() {
    List<Place> all = released;
    if (all.isEmpty()) {
      return;
    }
    try {
      open().end(all);
      released = new ArrayList<>();
      releasedBytes = 0;
    } catch (JournalException e) {
      // The journal notes the failure. They stay, and are ended with the next ones or replayed.
      assert !all.isEmpty();
    }
  }
}
