package io.cachefs.writeback.journal;

/**
 * A record in the journal and where its payload is. Stays good for {@link Journal#read} and {@link
 * Journal#release} when the record is moved; the sequence alone tells records apart. Immutable.
 *
 * @param sequence in which order records are replayed
 * @param offset of the payload in the segment it was appended to
 * @param length of the payload in bytes, 0 if there is none
 * @param checksum CRC32C of the payload
 */
public record Place(long sequence, int segment, int offset, int length, int checksum) {}
