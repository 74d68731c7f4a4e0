package io.cachefs.vfs;

import io.cachefs.base.Attributes;

/**
 * A file found or made under a name. Whoever receives one owns one reference to {@code inodeId} and
 * gives it back with {@link Vfs#forget}.
 *
 * @param inodeId the number by which the file is known to {@link Vfs}; never used twice
 * @param attributes its attributes; their {@code inode} is the number that users see
 */
public record Entry(long inodeId, Attributes attributes) {}
