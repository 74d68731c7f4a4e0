package io.cachefs.vfs;

/**
 * An open file or directory.
 *
 * @param handle the number to use for reads and writes, until {@link Vfs#release}
 * @param keepCache whether what the kernel cached of the content before is still right
 */
public record OpenFile(long handle, boolean keepCache) {}
