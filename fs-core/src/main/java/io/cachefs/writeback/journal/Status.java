package io.cachefs.writeback.journal;

import org.jspecify.annotations.Nullable;

/**
 * Figures of a journal, all since it was opened unless they say what is there now.
 *
 * @param segments files there are
 * @param bytes in these files
 * @param liveBytes of them, in records that were not released
 * @param liveRecords that were not released
 * @param appended records
 * @param appendedBytes with their heads
 * @param moved records that were written again so that their segment could be removed
 * @param syncs of files and of the directory together, each group once
 * @param wrongReads payloads that did not fit their checksum
 * @param lastSequence given out
 * @param syncedSequence up to which all would survive a power cut
 * @param lastError of the disk, or null
 */
public record Status(
    int segments,
    long bytes,
    long liveBytes,
    long liveRecords,
    long appended,
    long appendedBytes,
    long moved,
    long syncs,
    long wrongReads,
    long lastSequence,
    long syncedSequence,
    @Nullable String lastError) {}
