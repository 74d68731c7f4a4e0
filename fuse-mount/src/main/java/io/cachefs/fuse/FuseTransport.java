package io.cachefs.fuse;

import io.cachefs.vfs.Vfs;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;

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

  /**
   * Does what serving a mount does, over a scratch file system that nobody else uses, until {@code
   * enough} says so: the code is then compiled when the first request comes. Nothing is mounted. A
   * transport that has nothing to gain does nothing.
   */
  default void rehearse(Vfs scratch, MountOptions options, BooleanSupplier enough) {}
}
