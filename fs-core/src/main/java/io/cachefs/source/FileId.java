package io.cachefs.source;

/**
 * Tells one file of a source from every other, also from one that had its inode number before.
 *
 * @param generation differs between two files that had the same inode number one after the other,
 *     as far as the source can tell
 */
public record FileId(long device, long inode, long generation) {}
