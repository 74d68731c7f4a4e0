package io.cachefs.writeback.journal;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.writeback.journal.JournalException.Kind;
import java.io.Closeable;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * An append-only journal of records, each with a head and perhaps a payload. Thread-safe.
 *
 * <ul>
 *   <li>A returned {@code append} is in the page cache: it survives the death of the process. A
 *       returned {@code commit} is on the disk.
 *   <li>A record is live until it is released. Segments are removed from the oldest on; what is
 *       still live in one is written again before. A record is never written behind one that ended
 *       it, if that was appended with it among its {@code ended}.
 *   <li>After a crash there is all that was committed, and of the rest what was appended up to some
 *       moment.
 * </ul>
 */
public final class Journal implements Closeable {
  /** The most bytes of a head. */
  public static final int MAX_HEAD = FrameCodec.MAX_HEAD;

  /** The most bytes of the payload of one record. */
  public static final int MAX_PAYLOAD = FrameCodec.MAX_PAYLOAD;

  /** The most bytes for {@link #appendData}. */
  public static final int MAX_DATA = 8 * MAX_PAYLOAD;

  private static final int MAX_KIND = 0xffff;

  private final Room room;
  private final Log log;
  private final Syncer syncer;
  private final Reader reader;
  private final Cleaner cleaner;
  private final Upkeep upkeep;
  private final Findings findings;

  private Journal(Disk disk, Room room, Settings settings, FrameCodec codec, Findings findings) {
    this.room = room;
    this.findings = findings;
    log = new Log(disk, room, settings.segmentBytes(), codec);
    syncer = log.syncer();
    reader = new Reader(log);
    cleaner = new Cleaner(log, disk, room, codec.salt());
    upkeep = new Upkeep(this, settings.upkeepEvery());
  }

  /**
   * Opens the journal in a directory or begins one, and replays what it holds. All of it is on the
   * disk when this returns. Nobody else may use the directory.
   */
  public static Journal open(Disk disk, Room room, Replay replay, Settings settings)
      throws JournalException {
    Recovery recovery = Recovery.read(disk);
    FrameCodec codec = recovery.codec();
    if (codec == null) {
      codec = new FrameCodec(new SecureRandom().nextLong());
    }
    Findings findings = new Findings(recovery);
    Journal journal = new Journal(disk, room, settings, codec, findings);
    boolean done = false;
    try {
      new Restoring(disk, recovery, journal.log).restore(replay);
      done = true;
    } catch (FsException e) {
      throw JournalException.of("opening", e);
    } finally {
      if (!done) {
        journal.log.close();
      }
    }
    journal.upkeep.start();
    return journal;
  }

  /** Appends a record. The payload is left as it is. */
  public Place append(int kind, byte[] head, ByteBuffer payload) throws JournalException {
    return append(kind, head, payload, List.of());
  }

  /**
   * Appends a record and releases those that it ends, in one step: they will not be replayed
   * without it. What ends something is appended even if there is no room by agreement.
   */
  public Place append(int kind, byte[] head, ByteBuffer payload, List<Place> ended)
      throws JournalException {
    return append(kind, head, payload, ended, needOf(ended));
  }

  /** As the others, for a record that is needed so much. */
  public Place append(int kind, byte[] head, ByteBuffer payload, List<Place> ended, Need need)
      throws JournalException {
    if (payload.remaining() > MAX_PAYLOAD) {
      throw new IllegalArgumentException("the payload of a record is too long");
    }
    return write(kind, List.of(head), payload, ended, need).get(0);
  }

  private static Need needOf(List<Place> ended) {
    return ended.isEmpty() ? Need.CHANGE : Need.MUST;
  }

  /**
   * Appends as many records as there are heads by one call: each has {@link #MAX_PAYLOAD} bytes of
   * the data but the last, which has the rest. After a crash the first of them may be there without
   * the others.
   */
  public List<Place> appendData(int kind, List<byte[]> heads, ByteBuffer data, List<Place> ended)
      throws JournalException {
    int records = (data.remaining() + MAX_PAYLOAD - 1) / MAX_PAYLOAD;
    if (data.remaining() > MAX_DATA || heads.size() != records || records == 0) {
      throw new IllegalArgumentException("data and heads do not fit each other");
    }
    return write(kind, heads, data, ended, needOf(ended));
  }

  private List<Place> write(
      int kind, List<byte[]> heads, ByteBuffer data, List<Place> ended, Need need)
      throws JournalException {
    int bytes = checkedSize(kind, heads, data.remaining());
    int[] checksums = checksums(heads.size(), data);
    syncer.requireSound();
    reserve(bytes, need);
    try {
      return log.append(kind, heads, data, checksums, ended);
    } catch (FsException e) {
      room.release(bytes);
      throw findings.noted(JournalException.of("append", e));
    }
  }

  /** Returns the bytes of such records; throws if there are none such. */
  static int checkedSize(int kind, List<byte[]> heads, int dataBytes) {
    if (kind <= Log.NOTE || kind > MAX_KIND) {
      throw new IllegalArgumentException("there is no kind " + kind);
    }
    int left = dataBytes;
    int bytes = 0;
    int headBytes = 0;
    for (byte[] head : heads) {
      headBytes += head.length;
      bytes += FrameCodec.size(head.length, Math.min(MAX_PAYLOAD, left));
      left -= Math.min(MAX_PAYLOAD, left);
    }
    if (headBytes > MAX_HEAD) {
      throw new IllegalArgumentException("the head of a record is too long");
    }
    return bytes;
  }

  private static int[] checksums(int records, ByteBuffer data) {
    int[] sums = new int[records];
    int start = data.position();
    int end = data.limit();
    for (int i = 0; i < records; i++) {
      data.limit(Math.min(end, start + (i + 1) * MAX_PAYLOAD)).position(start + i * MAX_PAYLOAD);
      sums[i] = FrameCodec.payloadChecksum(data);
    }
    data.limit(end).position(start);
    return sums;
  }

  /** Takes room, and makes it if there is none. */
  private void reserve(int bytes, Need need) throws JournalException {
    BooleanSupplier take =
        need == Need.CHANGE ? () -> room.reserve(bytes) : () -> room.reserveToFree(bytes);
    if (!takes(take)) {
      if (need != Need.MUST) {
        throw full();
      }
      room.count(bytes);
    }
  }

  private static JournalException full() {
    return new JournalException(Kind.FULL, Errno.ENOSPC, "no room for the journal");
  }

  /** Tries to take something, and cleans as long as that may help. */
  private boolean takes(BooleanSupplier take) throws JournalException {
    if (take.getAsBoolean() || (clean() && take.getAsBoolean())) {
      return true;
    }
    while (cleanForRoom()) {
      if (take.getAsBoolean()) {
        return true;
      }
    }
    return false;
  }

  private boolean cleanForRoom() throws JournalException {
    try {
      return cleaner.cleanForRoom();
    } catch (JournalException e) {
      throw findings.noted(e);
    }
  }

  /**
   * Sees that so many bytes can be appended soon without waiting for room; called without any lock,
   * as it may take long.
   */
  public void prepare(long bytes) throws JournalException {
    if (!takes(() -> room.prepare(bytes))) {
      throw full();
    }
  }

  /**
   * Ends records for good: from now on they are not replayed any more, whatever is moved, removed
   * or lost later. After a crash of the system the last ones of the list may be there again, if
   * that was not synced. Needs no room by agreement. Not for records that ended others when they
   * were appended.
   */
  public void end(List<Place> ended) throws JournalException {
    boolean isDead = false;
    try {
      for (int from = 0; from < ended.size(); from += Ended.MOST) {
        isDead |= log.end(ended.subList(from, Math.min(ended.size(), from + Ended.MOST)));
      }
    } catch (FsException e) {
      throw findings.noted(JournalException.of("append", e));
    }
    if (isDead) {
      upkeep.wake();
    }
  }

  /** Returns when the record of that sequence is on the disk; many may share one sync. */
  public void commit(long sequence) throws JournalException {
    if (sequence > syncer.synced()) {
      if (sequence > lastSequence()) {
        throw new IllegalArgumentException("no record has the sequence " + sequence);
      }
      syncer.commit(sequence);
    }
  }

  /** Returns the highest sequence given out. */
  public long lastSequence() {
    return log.lastNumber();
  }

  /** Returns up to which sequence all is on the disk. */
  public long syncedSequence() {
    return syncer.synced();
  }

  /**
   * Reads from a payload, beginning at {@code from}, until the target is full. The whole payload is
   * checked. It may have been moved; one that was released may be gone.
   */
  public void read(Place place, int from, ByteBuffer target) throws JournalException {
    try {
      reader.read(place, from, target);
    } catch (JournalException e) {
      if (e.kind() == Kind.DAMAGED) {
        findings.wrongRead(place);
      }
      throw findings.noted(e);
    }
  }

  /**
   * Notes that a record is not needed any more. It may come back after a crash, until its segment
   * is removed; see {@link #end} and {@link #append} for what must not.
   */
  public void release(Place place) {
    if (log.release(place)) {
      upkeep.wake();
    }
  }

  /**
   * Removes the oldest segments while all in them is dead, and writes what is live in the oldest
   * one again if most of the journal is dead. The upkeep does this too.
   *
   * @return whether a segment was removed
   */
  public boolean clean() throws JournalException {
    try {
      return cleaner.clean();
    } catch (JournalException e) {
      throw findings.noted(e);
    }
  }

  /** Notes a failure that nobody is told of. */
  void noteError(JournalException failure) {
    JournalException unused = findings.noted(failure);
  }

  /** Returns what is live now, to be asked again and again. */
  public Live live() {
    return log.live();
  }

  /** Returns what was found wrong. */
  public Report report() {
    return findings.report();
  }

  /** Returns figures. */
  public Status status() {
    String failure = syncer.failure();
    return log.status(
        cleaner.moved(), findings.wrongReads(), failure == null ? findings.lastError() : failure);
  }

  /** Commits and closes; a second time is harmless. Reads that run end as usual. */
  @Override
  public void close() {
    upkeep.stop();
    try {
      if (log.isOpen() && syncer.failure() == null) {
        commit(lastSequence());
        if (log.isNoteDue()) {
          log.note();
          commit(lastSequence());
        }
      }
    } catch (FsException e) {
      noteError(JournalException.of("closing", e));
    } finally {
      log.close();
    }
  }
}
