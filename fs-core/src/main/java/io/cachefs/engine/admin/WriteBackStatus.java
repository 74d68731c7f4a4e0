package io.cachefs.engine.admin;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A moment of write-back. Counts are since it was opened.
 *
 * @param state idle, sending, failing (all that is left has failed and is tried again), down (the
 *     source does not answer) or offline (somebody said so)
 * @param reason why it is down, or null
 * @param operations that are to be sent
 * @param files whose content or attributes are
 * @param bytes of content that are
 * @param oldest when the oldest of them began to wait, or null if nothing waits
 * @param sent operations
 * @param sentBytes of content
 * @param failed operations that wait for another attempt
 * @param conflicts that nobody has resolved
 * @param conflictsMet since it was opened
 * @param journalBytes that the journal takes on the disk
 * @param journalDamages parts of the journal that could not be read
 * @param journalFailure why the disk of the journal failed, or null
 */
public record WriteBackStatus(
    String state,
    @Nullable String reason,
    long operations,
    long files,
    long bytes,
    @Nullable Instant oldest,
    long sent,
    long sentBytes,
    long failed,
    long conflicts,
    long conflictsMet,
    long journalBytes,
    long journalDamages,
    @Nullable String journalFailure) {}
