package io.cachefs.writeback.journal;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.writeback.journal.JournalException.Kind;
import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/** Reads payloads, each as a whole, as it has one checksum. Thread-safe. */
final class Reader {
  /** Buffers that are kept for the next read; more threads make their own. */
  private static final int KEPT = 16;

  private final Log log;
  private final BlockingQueue<ByteBuffer> buffers = new ArrayBlockingQueue<>(KEPT);

  Reader(Log log) {
    this.log = log;
  }

  void read(Place place, int from, ByteBuffer target) throws JournalException {
    int count = target.remaining();
    if (from < 0 || count > place.length() - from) {
      throw new IllegalArgumentException("not in the payload");
    }
    if (count == 0) {
      return;
    }
    boolean isAll = target.isDirect() && count == place.length();
    if (isAll) {
      readAll(place, target);
      return;
    }
    ByteBuffer kept = buffers.poll();
    ByteBuffer whole = kept == null ? ByteBuffer.allocateDirect(Journal.MAX_PAYLOAD) : kept;
    try {
      whole.clear().limit(place.length());
      readAll(place, whole);
      target.put(target.position(), whole, from, count);
      target.position(target.position() + count);
    } finally {
      boolean unused = buffers.offer(whole);
    }
  }

  private void readAll(Place place, ByteBuffer target) throws JournalException {
    Place at = place;
    Segment segment = log.use(at.segment());
    while (segment == null) {
      Place now = log.movedTo(place.sequence());
      if (now == null || now.equals(at)) {
        throw log.isOpen()
            ? new JournalException(Kind.GONE, Errno.EIO, "the record is not there any more")
            : new JournalException(Kind.CLOSED, Errno.EIO, "the journal is closed");
      }
      at = now;
      segment = log.use(at.segment());
    }
    int start = target.position();
    try {
      int count = segment.file.read(at.offset(), target);
      target.position(start);
      if (count < place.length() || FrameCodec.payloadChecksum(target) != place.checksum()) {
        throw new JournalException(
            Kind.DAMAGED,
            Errno.EIO,
            "bytes in segment " + at.segment() + " of the journal do not fit their checksum");
      }
      target.position(start + count);
    } catch (FsException e) {
      target.position(start);
      throw JournalException.of("read", e);
    } finally {
      segment.endUse();
    }
  }
}
