package io.cachefs.testing.posix;

import jnr.ffi.Pointer;

/** What {@code statfs} answers. */
public record StatFs(
    long type,
    long bsize,
    long blocks,
    long bfree,
    long bavail,
    long files,
    long ffree,
    long namelen,
    long frsize) {
  static StatFs from(Pointer p) {
    return new StatFs(
        p.getLong(0),
        p.getLong(8),
        p.getLong(16),
        p.getLong(24),
        p.getLong(32),
        p.getLong(40),
        p.getLong(48),
        p.getLong(64),
        p.getLong(72));
  }
}
