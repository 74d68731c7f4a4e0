package io.cachefs.writeback.send;

import io.cachefs.base.Errno;
import java.time.Instant;

/**
 * An operation that could not be sent.
 *
 * @param sequence of the operation
 * @param path for people
 * @param what which change it is
 * @param size of its content, or -1 if it has none
 * @param since when it failed first
 * @param attempts that failed
 * @param permanent whether trying again will hardly help; it is tried seldom
 */
public record Failure(
    long sequence,
    String path,
    String what,
    long size,
    Errno errno,
    String message,
    Instant since,
    int attempts,
    boolean permanent) {}
