package io.cachefs.writeback.journal;

/**
 * A part of a journal that was synced once and cannot be read now.
 *
 * @param afterSequence number of the last record before it, as written; what follows was lost
 * @param what for people
 */
public record Damage(int segment, long offset, long bytes, long afterSequence, String what) {}
