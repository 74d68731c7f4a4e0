package io.cachefs.writeback.journal;

/**
 * What a frame says before its payload.
 *
 * @param number of the frame, one more than that of the frame before it in the journal
 * @param sequence of the record: the number it was first written under
 * @param synced the highest number known to be synced when the frame was written
 * @param previous checksum of the frame before
 * @param checksum of this one
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
record FrameHead(
    long number,
    long sequence,
    long synced,
    int previous,
    int checksum,
    int kind,
    int flags,
    byte[] head,
    int payloadLength,
    int payloadChecksum) {

  /** The payload could not be read any more when the record was moved, and was left out. */
  static final int PAYLOAD_LOST = 1;

  /** A record that is new: its sequence is the number it is written under. */
  static FrameHead of(long sequence, int kind, byte[] head, int payloadLength, int sum) {
    return new FrameHead(sequence, sequence, 0, 0, 0, kind, 0, head, payloadLength, sum);
  }

  boolean isPayloadLost() {
    return (flags & PAYLOAD_LOST) != 0;
  }

  /** The bytes of the payload that are in the frame. */
  int storedPayload() {
    return isPayloadLost() ? 0 : payloadLength;
  }

  /** The bytes from the beginning of the frame to its payload. */
  int payloadStart() {
    return FrameCodec.FIXED + head.length;
  }

  /** The bytes of the whole frame. */
  int size() {
    return FrameCodec.size(head.length, storedPayload());
  }

  /** The same record in another place. */
  FrameHead at(long newNumber, long nowSynced, int nowPrevious) {
    return new FrameHead(
        newNumber,
        sequence,
        nowSynced,
        nowPrevious,
        0,
        kind,
        flags,
        head,
        payloadLength,
        payloadChecksum);
  }

  /** The same record without its payload. */
  FrameHead withPayloadLost() {
    return new FrameHead(
        number,
        sequence,
        synced,
        previous,
        0,
        kind,
        flags | PAYLOAD_LOST,
        head,
        payloadLength,
        payloadChecksum);
  }
}
