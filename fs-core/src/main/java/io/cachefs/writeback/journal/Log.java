package io.cachefs.writeback.journal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.writeback.journal.JournalException.Kind;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The segments of a journal, where its end is, and what in it is live. Thread-safe. */
final class Log {
  /** Kind of the records of the journal itself, of which nobody hears. */
  static final int NOTE = 0;

  private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(0);
  private static final byte[] NO_HEAD = {};

  /** So many dead records may be there besides as many as are live. */
  private static final long MOST_DEAD = 500_000;

  private static final int FIRST_BUFFER = 64 << 10;

  // Given at construction, never changes.
  private final Disk disk;
  private final Room room;
  private final int segmentBytes;
  private final FrameCodec codec;
  private final Syncer syncer = new Syncer(this::syncAll);

  private final Live live = new Live();

  /** All segments, to be found without the lock. */
  private final Map<Integer, Segment> byNumber = new ConcurrentHashMap<>();

  /** Where live records are now that were moved since the journal was opened. */
  private final Map<Long, Place> moved = new ConcurrentHashMap<>();

  // State. Guarded as marked.

  /** Held while a record is written, never during a sync. */
  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock")
  private final Deque<Segment> segments = new ArrayDeque<>();

  /** What is written by the next call. */
  @GuardedBy("lock")
  private ByteBuffer buffer = newBuffer(FIRST_BUFFER);

  @GuardedBy("lock")
  private long lastNumber;

  @GuardedBy("lock")
  private int lastChecksum;

  /** Number and checksum of the last frame in the buffer. */
  @GuardedBy("lock")
  private long bufferedNumber;

  @GuardedBy("lock")
  private int bufferedChecksum;

  @GuardedBy("lock")
  private boolean isDirectoryDirty;

  /** Whether a record was written that is not a note since the last note. */
  @GuardedBy("lock")
  private boolean isNoteDue;

  @GuardedBy("lock")
  private long appended;

  @GuardedBy("lock")
  private long appendedBytes;

  @GuardedBy("lock")
  private boolean closed;

  Log(Disk disk, Room room, int segmentBytes, FrameCodec codec) {
    this.disk = disk;
    this.room = room;
    this.segmentBytes = segmentBytes;
    this.codec = codec;
  }

  Live live() {
    return live;
  }

  Syncer syncer() {
    return syncer;
  }

  /**
   * Takes over what was found, before there are other threads.
   *
   * @param number of the last frame
   * @param synced up to which number all is on the disk: less if the system did not crash, and what
   *     it has not written yet can still be read
   */
  void restore(List<Segment> found, long number, int checksum, long synced) {
    lock.lock();
    try {
      for (Segment segment : found) {
        segments.add(segment);
        byNumber.put(segment.number, segment);
        room.count(charge(segment));
      }
      lastNumber = number;
      lastChecksum = checksum;
      // Nobody knows whether the last segments were there before a crash.
      isDirectoryDirty = true;
      syncer.startAt(synced);
    } finally {
      lock.unlock();
    }
  }

  /** Begins the first segment of a journal. */
  void beginFirst(int number) throws FsException {
    lock.lock();
    try {
      Segment unused = begin(number);
    } finally {
      lock.unlock();
    }
  }

  /** Removes what is behind the end. */
  void cutBehindEnd() throws FsException {
    lock.lock();
    try {
      Segment active = segments.getLast();
      active.file.truncate(active.tail());
      active.setDirty(true);
    } finally {
      lock.unlock();
    }
  }

  /** Syncs, before there are other threads. */
  void syncNow() throws FsException {
    syncer.startAt(syncAll());
  }

  /** Appends records by one call and releases those they end; room for them was reserved. */
  List<Place> append(
      int kind, List<byte[]> heads, ByteBuffer data, int[] checksums, List<Place> ended)
      throws FsException {
    List<Place> places = new ArrayList<>(heads.size());
    lock.lock();
    try {
      requireOpen();
      int bytes = Journal.checkedSize(kind, heads, data.remaining());
      Segment segment = segmentFor(bytes);
      beginBuffer(bytes);
      for (int i = 0; i < heads.size(); i++) {
        int from = i * Journal.MAX_PAYLOAD;
        int length = Math.min(Journal.MAX_PAYLOAD, data.remaining() - from);
        ByteBuffer payload = heads.size() == 1 ? data : data.slice(data.position() + from, length);
        FrameHead record =
            FrameHead.of(bufferedNumber + 1, kind, heads.get(i), length, checksums[i]);
        places.add(putInBuffer(segment, record, payload));
      }
      writeBuffer(segment);
      for (int i = 0; i < heads.size(); i++) {
        index(segment, places.get(i), heads.get(i).length, places.get(i).length());
      }
      ended.forEach(this::releaseLocked);
      isNoteDue = true;
      appended += heads.size();
      appendedBytes += bytes;
      return places;
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void requireOpen() throws JournalException {
    if (closed) {
      throw new JournalException(Kind.CLOSED, Errno.EIO, "the journal is closed");
    }
    syncer.requireSound();
  }

  /** Returns the segment so many bytes are to go to; a new one if the last has no place. */
  @GuardedBy("lock")
  private Segment segmentFor(int bytes) throws FsException {
    Segment active = segments.getLast();
    boolean fits = active.tail() + (long) bytes <= segmentBytes;
    return fits || active.tail() == SegmentHeader.BYTES ? active : begin(active.number + 1);
  }

  /** Begins a segment. */
  @GuardedBy("lock")
  private Segment begin(int number) throws FsException {
    String name = SegmentHeader.nameOf(number);
    SegmentHeader header =
        new SegmentHeader(
            SegmentHeader.VERSION,
            number,
            codec.salt(),
            lastNumber + 1,
            syncer.synced(),
            lastChecksum);
    DiskFile file = disk.open(name, true);
    try {
      // One that could not be removed may be there.
      file.truncate(0);
      file.write(0, header.encoded());
    } catch (FsException e) {
      file.close();
      throw e;
    }
    Segment segment = new Segment(number, file, live);
    segment.setDirty(true);
    isDirectoryDirty = true;
    if (!segments.isEmpty()) {
      segments.getLast().finish();
    }
    segments.add(segment);
    byNumber.put(number, segment);
    room.count(charge(segment));
    return segment;
  }

  /** Returns what a segment takes of the room: its bytes, and the rest of its last page. */
  static int charge(Segment segment) {
    return segment.tail() + SegmentHeader.PAGE;
  }

  private static ByteBuffer newBuffer(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  @GuardedBy("lock")
  private void beginBuffer(int bytes) {
    if (buffer.capacity() < bytes) {
      buffer = newBuffer(Math.max(bytes, 2 * buffer.capacity()));
    }
    buffer.clear();
    bufferedNumber = lastNumber;
    bufferedChecksum = lastChecksum;
  }

  @GuardedBy("lock")
  private Place putInBuffer(Segment segment, FrameHead record, ByteBuffer payload) {
    int offset = segment.tail() + buffer.position();
    long number = bufferedNumber + 1;
    FrameHead frame = record.at(number, syncer.synced(), bufferedChecksum);
    bufferedChecksum = codec.put(buffer, frame, payload, segment.number, offset);
    bufferedNumber = number;
    return new Place(
        frame.sequence(),
        segment.number,
        offset + frame.payloadStart(),
        frame.payloadLength(),
        frame.payloadChecksum());
  }

  /** Writes what is in the buffer, or nothing. */
  @GuardedBy("lock")
  private void writeBuffer(Segment segment) throws FsException {
    buffer.flip();
    int bytes = buffer.remaining();
    try {
      segment.file.write(segment.tail(), buffer);
    } catch (FsException e) {
      undo(segment);
      throw e;
    }
    segment.setTail(segment.tail() + bytes);
    segment.setDirty(true);
    lastNumber = bufferedNumber;
    lastChecksum = bufferedChecksum;
  }

  /** Takes back a part of a write, which would look like damage if a segment came after it. */
  @GuardedBy("lock")
  private void undo(Segment segment) {
    try {
      segment.file.truncate(segment.tail());
      segment.setDirty(true);
    } catch (FsException e) {
      syncer.fail("the end could not be restored: " + e.getMessage());
    }
  }

  private static void index(Segment segment, Place place, int headLength, int stored) {
    int start = place.offset() - headLength - FrameCodec.FIXED;
    segment.add(start, place.offset(), FrameCodec.size(headLength, stored));
  }

  /**
   * Writes which records are not to be replayed any more, and releases them.
   *
   * @return whether the oldest segment is dead now
   */
  boolean end(List<Place> ended) throws FsException {
    lock.lock();
    try {
      requireOpen();
      byte[] head = Ended.encoded(ended);
      int bytes = FrameCodec.size(head.length, 0);
      Segment segment = segmentFor(bytes);
      beginBuffer(bytes);
      putInBuffer(segment, FrameHead.of(lastNumber + 1, NOTE, head, 0, 0), NOTHING);
      room.count(bytes);
      writeBuffer(segment);
      ended.forEach(this::releaseLocked);
      isNoteDue = true;
      return isOldestDead();
    } finally {
      lock.unlock();
    }
  }

  /** Writes that all up to now is synced, so that damage to it is told from a torn end. */
  void note() throws FsException {
    lock.lock();
    try {
      Segment segment = segments.getLast();
      beginBuffer(FrameCodec.FIXED);
      Place unused =
          putInBuffer(segment, FrameHead.of(lastNumber + 1, NOTE, NO_HEAD, 0, 0), NOTHING);
      room.count(buffer.position());
      writeBuffer(segment);
      isNoteDue = false;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Writes a live record again at the end.
   *
   * @return whether it was live
   */
  boolean move(Segment from, int record, FrameHead frame, ByteBuffer payload) throws FsException {
    lock.lock();
    try {
      requireOpen();
      if (!from.isLive(record)) {
        return false;
      }
      Segment segment = segmentFor(frame.size());
      beginBuffer(frame.size());
      Place now = putInBuffer(segment, frame, payload);
      writeBuffer(segment);
      index(segment, now, frame.head().length, frame.storedPayload());
      from.kill(record);
      moved.put(now.sequence(), now);
      isNoteDue = true;
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Returns the highest number given out. */
  long lastNumber() {
    lock.lock();
    try {
      return lastNumber;
    } finally {
      lock.unlock();
    }
  }

  /** Syncs all that was written before, for {@link Syncer}. */
  private long syncAll() throws FsException {
    List<Segment> dirty = new ArrayList<>(2);
    boolean withDirectory;
    long upTo;
    lock.lock();
    try {
      if (closed) {
        throw new FsException(Errno.EIO, "the journal is closed");
      }
      upTo = lastNumber;
      withDirectory = isDirectoryDirty;
      isDirectoryDirty = false;
      for (Segment segment : segments) {
        if (segment.isDirty() && segment.tryUse()) {
          segment.setDirty(false);
          dirty.add(segment);
        }
      }
    } finally {
      lock.unlock();
    }
    try {
      for (Segment segment : dirty) {
        segment.file.sync();
      }
      if (withDirectory) {
        disk.syncDirectory();
      }
    } finally {
      dirty.forEach(Segment::endUse);
    }
    return upTo;
  }

  /** Returns a use of the segment a place is in, or null if it is not there. */
  @Nullable Segment use(int number) {
    Segment segment = byNumber.get(number);
    return segment != null && segment.tryUse() ? segment : null;
  }

  /** Returns where a record is that was moved, or null. */
  @Nullable Place movedTo(long sequence) {
    return moved.get(sequence);
  }

  /** Notes that a record is live no more; returns whether the oldest segment is dead now. */
  boolean release(Place place) {
    lock.lock();
    try {
      releaseLocked(place);
      return isOldestDead();
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether the oldest segment can be removed without more ado. */
  @GuardedBy("lock")
  private boolean isOldestDead() {
    return segments.size() > 1 && segments.getFirst().live() == 0;
  }

  /** Called with the lock. */
  @SuppressWarnings("GuardedBy")
  private void releaseLocked(Place place) {
    Place now = moved.remove(place.sequence());
    Place at = now == null ? place : now;
    Segment segment = byNumber.get(at.segment());
    if (segment != null) {
      segment.kill(segment.recordAt(at.offset()));
    }
  }

  /**
   * Returns the oldest segment if cleaning it is worth it, or null.
   *
   * @param forRoom whether there is no room: then a fifth of the journal that is dead is enough
   */
  @Nullable Segment oldestToClean(boolean forRoom) {
    lock.lock();
    try {
      if (segments.size() < 2) {
        return null;
      }
      Segment oldest = segments.getFirst();
      long bytes = 0;
      long live = 0;
      for (Segment segment : segments) {
        bytes += segment.tail();
        live += segment.liveBytes();
      }
      // All are read when the journal is opened again, and held in memory for a moment.
      boolean areTooMany = this.live.all() > 2 * this.live.records() + MOST_DEAD;
      boolean isWorthIt =
          oldest.live() == 0
              || areTooMany
              || (forRoom ? bytes - live > bytes / 5 : bytes > 2 * live + 2L * segmentBytes);
      return isWorthIt ? oldest : null;
    } finally {
      lock.unlock();
    }
  }

  /** Returns where the live records of a segment begin, with their numbers in it. */
  List<Cleaner.Live> liveIn(Segment segment) {
    lock.lock();
    try {
      List<Cleaner.Live> live = new ArrayList<>(segment.live());
      for (int record = 0; record < segment.records(); record++) {
        if (segment.isLive(record)) {
          live.add(new Cleaner.Live(record, segment.start(record)));
        }
      }
      return live;
    } finally {
      lock.unlock();
    }
  }

  /** Forgets the oldest segment, whose file was removed; who reads it now can read on. */
  void forget(Segment oldest) {
    lock.lock();
    try {
      Segment first = segments.removeFirst();
      assert first == oldest;
      byNumber.remove(oldest.number);
      oldest.forget();
    } finally {
      lock.unlock();
    }
    oldest.endUse();
  }

  /** Returns figures, some of which others count. */
  Status status(long movedRecords, long wrongReads, @Nullable String lastError) {
    lock.lock();
    try {
      long bytes = 0;
      long liveBytes = 0;
      long live = 0;
      for (Segment segment : segments) {
        bytes += segment.tail();
        liveBytes += segment.liveBytes();
        live += segment.live();
      }
      return new Status(
          segments.size(),
          bytes,
          liveBytes,
          live,
          appended,
          appendedBytes,
          movedRecords,
          syncer.groups(),
          wrongReads,
          lastNumber,
          syncer.synced(),
          lastError);
    } finally {
      lock.unlock();
    }
  }

  boolean isOpen() {
    lock.lock();
    try {
      return !closed;
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether something was appended that no note says to be synced. */
  boolean isNoteDue() {
    lock.lock();
    try {
      return isNoteDue;
    } finally {
      lock.unlock();
    }
  }

  void close() {
    List<Segment> open;
    lock.lock();
    try {
      closed = true;
      open = new ArrayList<>(segments);
      segments.clear();
      byNumber.clear();
    } finally {
      lock.unlock();
    }
    open.forEach(Segment::endUse);
  }
}
