package io.cachefs.writeback.send;

import io.cachefs.base.Attributes;
import io.cachefs.base.Name;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A change that met something else at the source than it was based on.
 *
 * @param path of what was to be changed, for people
 * @param what which change it was
 * @param policy by which it was decided
 * @param at when it was found
 * @param size of our version, or -1 if it has none
 * @param basis what the change was based on, or null if nothing was to be there
 * @param theirs what is at the source, or null if nothing is
 * @param movedAside the name our version has now, if it was kept under another
 * @param given whether our change was given up
 * @param mixed whether our version holds bytes of the source's present one, because only a part of
 *     the file was changed here
 */
public record Conflict(
    String path,
    String what,
    ConflictPolicy policy,
    Instant at,
    long size,
    @Nullable Basis basis,
    @Nullable Attributes theirs,
    @Nullable Name movedAside,
    boolean given,
    boolean mixed) {}
