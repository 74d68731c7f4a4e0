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
 * The log of pending changes in a journal. While that is being opened and replayed, what is
 * released is noted; nothing else is possible then. Thread-safe once it is attached.
 */
final class JournalLog implements ChangeLog {
  private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(0);

  private volatile @Nullable Journal journal;
  private final List<Place> releasedEarly = new ArrayList<>();

  /** Uses the journal from now on. */
  void attach(Journal opened) {
    journal = opened;
    releasedEarly.forEach(opened::release);
    releasedEarly.clear();
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
  public void release(Place spot) {
    Journal open = journal;
    if (open == null) {
      releasedEarly.add(spot);
    } else if (spot.sequence() > 0) {
      open.release(spot);
    }
  }
}
