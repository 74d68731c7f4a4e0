package io.cachefs.base;

/**
 * The process on whose behalf an operation runs.
 *
 * @param umask permission bits that new objects do not get, unless a default ACL says otherwise
 */
public record Caller(int uid, int gid, int pid, int umask) {}
