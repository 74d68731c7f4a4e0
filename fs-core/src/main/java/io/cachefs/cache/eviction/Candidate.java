package io.cachefs.cache.eviction;

/**
 * What a policy knows of a content.
 *
 * @param key the same for every version of a file, so that a file that changes is not a new one
 * @param bytes it takes
 * @param fetchedAtMillis when its first byte was fetched
 * @param usedAtMillis when it was used last
 * @param uses how often it was used, up to 255
 */
public record Candidate(long key, long bytes, long fetchedAtMillis, long usedAtMillis, int uses) {}
