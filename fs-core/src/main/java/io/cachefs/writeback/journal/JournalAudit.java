package io.cachefs.writeback.journal;

import io.cachefs.base.FsException;
import io.cachefs.writeback.journal.Scan.Found;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Reads all of a journal that nobody uses, and changes nothing. */
public final class JournalAudit {
  private JournalAudit() {}

  /**
   * What there is.
   *
   * @param records that are needed
   * @param ended records that are not needed any more
   * @param cutBytes at the end that a crash left incomplete: no damage
   * @param damages where something was lost that was on the disk once
   */
  public record Result(
      int segments, long bytes, long records, long ended, long cutBytes, List<Damage> damages) {
    public Result {
      damages = List.copyOf(damages);
    }
  }

  /** Receives the records that are needed, in their order. */
  public interface Visitor {
    /**
     * Takes one.
     *
     * @param payloadBytes that were read
     * @param isWhole whether its payload is what was written
     */
    void record(int kind, long sequence, byte[] head, int payloadBytes, boolean isWhole);
  }

  /** Reads every segment and every record, with its payload. */
  public static Result read(Disk disk, Visitor visitor) throws JournalException {
    Recovery recovery = Recovery.read(disk);
    try {
      return read(recovery, visitor);
    } catch (FsException e) {
      throw JournalException.of("checking", e);
    } finally {
      recovery.segments().forEach(segment -> segment.file().close());
      recovery.surplus().forEach(segment -> segment.file().close());
    }
  }

  private static Result read(Recovery recovery, Visitor visitor) throws FsException {
    long bytes = 0;
    for (OpenedSegment segment : recovery.segments()) {
      bytes += segment.size();
    }
    List<Found> found = new ArrayList<>(recovery.frames());
    Ended ended = Ended.by(found);
    found.removeIf(each -> each.frame().kind() == Log.NOTE);
    found.sort(
        Comparator.comparingLong((Found each) -> each.frame().sequence())
            .thenComparingLong(each -> each.frame().number()));
    ByteBuffer payload = ByteBuffer.allocateDirect(FrameCodec.MAX_PAYLOAD);
    long needed = 0;
    for (int i = 0; i < found.size(); i++) {
      FrameHead frame = found.get(i).frame();
      boolean isCopied =
          i + 1 < found.size() && found.get(i + 1).frame().sequence() == frame.sequence();
      if (!isCopied && !ended.contains(frame.sequence())) {
        needed++;
        visitor.record(
            frame.kind(),
            frame.sequence(),
            frame.head(),
            frame.payloadLength(),
            isWhole(found.get(i), payload));
      }
    }
    return new Result(
        recovery.segments().size(),
        bytes,
        needed,
        found.size() - needed,
        recovery.cutBytes(),
        recovery.damages());
  }

  private static boolean isWhole(Found found, ByteBuffer payload) throws FsException {
    FrameHead frame = found.frame();
    if (frame.isPayloadLost()) {
      return false;
    }
    payload.clear().limit(frame.storedPayload());
    int count = found.segment().file().read(found.offset() + frame.payloadStart(), payload);
    payload.flip();
    return frame.storedPayload() == 0
        || (count == frame.storedPayload()
            && FrameCodec.payloadChecksum(payload) == frame.payloadChecksum());
  }
}
