package io.cachefs.writeback.pending;

/**
 * Where a record is in the log.
 *
 * @param sequence tells records apart and orders them
 * @param length of the bytes of a file in it
 */
public record Spot(long sequence, int segment, long offset, int length) {}
