package io.cachefs.base;

/** What {@code statfs(2)} reports; block counts are in units of {@code fragmentSize}. */
public record StatFs(
    long blocks,
    long freeBlocks,
    long availableBlocks,
    long files,
    long freeFiles,
    int blockSize,
    int nameMax,
    int fragmentSize,
    long type) {}
