package io.cachefs.fuse;

import java.nio.file.Path;

/**
 * One line of the mount table.
 *
 * @param major major number of its device
 * @param minor minor number of its device; for FUSE also the number of its connection
 * @param mountPoint where it is
 * @param options options of this mount point, for example {@code ro,nosuid}
 * @param type file system type, for example {@code fuse.cachefs}
 * @param source what the file system calls its source
 */
public record Mount(
    int major, int minor, Path mountPoint, String options, String type, String source) {
  /** The type that the kernel shows for our mounts. */
  public static final String CACHEFS_TYPE = "fuse.cachefs";

  /** Returns whether it is one of ours. */
  public boolean isCachefs() {
    return type.equals(CACHEFS_TYPE);
  }

  /** Returns whether it is a FUSE file system of any kind. */
  public boolean isFuse() {
    return type.equals("fuse") || type.startsWith("fuse.");
  }

  /** Returns the device number as the table has it, for example "0:52". */
  public String device() {
    return major + ":" + minor;
  }
}
