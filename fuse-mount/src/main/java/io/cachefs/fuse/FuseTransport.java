package io.cachefs.fuse;

import io.cachefs.vfs.Vfs;
import java.nio.file.Path;

/** A way to put a {@link Vfs} under a mount point. */
public interface FuseTransport {
  /** The name by which users choose it. */
  String name();

  /**
   * Mounts. When this returns, the mount answers.
   *
   * @throws MountException in one sentence that says what is wrong and what to do
   */
  MountedFileSystem mount(Vfs vfs, Path mountPoint, MountOptions options) throws MountException;
}
