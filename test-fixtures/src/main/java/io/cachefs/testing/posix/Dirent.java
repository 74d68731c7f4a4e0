package io.cachefs.testing.posix;

/**
 * One entry that {@code getdents64} answers.
 *
 * @param off where a reader resumes after this entry
 * @param name a byte string
 */
public record Dirent(long ino, long off, int type, String name) {}
