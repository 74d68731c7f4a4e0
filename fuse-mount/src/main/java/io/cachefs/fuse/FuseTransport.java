package io.cachefs.fuse;

import io.cachefs.vfs.Vfs;
import java.nio.file.Path;
import java.util.List;
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

  /**
   * As {@link #rehearse}, but only looks at what is there: walks the directories in the root and
   * reads their files, once. What was remembered from an earlier time is then what it takes.
   *
   * @param listsFirst whether names are learned by listing, or looked up one by one
   */
  default void rehearseReading(
      Vfs scratch, MountOptions options, ScratchTree tree, boolean listsFirst) {}

  /** Names of directories in a root, each with regular files of the same names. */
  record ScratchTree(List<String> directories, List<String> files) {}
}
