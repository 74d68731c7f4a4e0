package io.cachefs.base;

/**
 * Names one file of a cached directory for good: as long as the file exists, also across restarts
 * and when the directory gets another device number.
 *
 * @param volume 0 for the file system of the directory itself, else a number for one mounted below
 * @param inode its inode number there
 * @param generation differs between two files that had the same inode number one after the other
 */
public record FileKey(int volume, long inode, long generation) {}
