package io.cachefs.writeback.conflict;

import io.cachefs.writeback.send.Conflict;

/** A conflict and the number that tells it from others of the same cache. */
public record KeptConflict(long id, Conflict conflict) {}
