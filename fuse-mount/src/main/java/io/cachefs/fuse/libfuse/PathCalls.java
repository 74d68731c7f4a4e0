package io.cachefs.fuse.libfuse;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.fuse.ErrnoReply;
import io.cachefs.fuse.MountOptions;
import io.cachefs.metrics.OperationMetrics;
import io.cachefs.vfs.Vfs;
import java.util.Locale;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What the callbacks of one mount share: the file system, the paths and handles in use, and the one
 * place where a callback's outcome becomes the number libfuse wants. Thread-safe.
 */
final class PathCalls {
  final Vfs vfs;
  final MountOptions options;
  final HiddenFiles hidden = new HiddenFiles();
  final PathResolver paths;
  final OpenFiles files = new OpenFiles();
  final OpenFiles directories = new OpenFiles();
  final ErrnoReply errnos = new ErrnoReply();
  final OperationMetrics metrics = new OperationMetrics(Operation.names());
  private final LongSupplier nanoTime;

  /** Set before the first request is served. */
  private volatile @Nullable DeviceChannel channel;

  PathCalls(Vfs vfs, MountOptions options, LongSupplier nanoTime) {
    this.vfs = vfs;
    this.options = options;
    this.nanoTime = nanoTime;
    this.paths = new PathResolver(vfs, hidden, PathResolver.DEFAULT_CAPACITY);
  }

  /** Runs a callback; returns its result or the negative errno of its failure. */
  int run(Operation operation, Body body) {
    long start = nanoTime.getAsLong();
    int result;
    try {
      result = body.run();
    } catch (Throwable t) {
      // A throwable must not reach libfuse: there is no Java frame above to catch it.
      result = -errnos.of(t, operation.name().toLowerCase(Locale.ROOT));
    }
    metrics.record(operation.index(), nanoTime.getAsLong() - start, result < 0);
    return result;
  }

  /** Says where {@link #attributesChanged} goes to. */
  void tellKernelThrough(DeviceChannel deviceChannel) {
    channel = deviceChannel;
  }

  /** Makes the kernel ask for the attributes of one of its inodes again. */
  void attributesChanged(long nodeId) {
    DeviceChannel to = channel;
    if (to != null) {
      to.dropAttributes(nodeId);
    }
  }

  /** Reads a path that libfuse passes. */
  static BytePath path(long address) throws FsException {
    if (address == 0) {
      // libfuse has no path where it needs none, and for a file whose directory was removed.
      throw new FsException(Errno.ENOENT, "the file has no path any more");
    }
    return BytePath.of(Memory.text(address));
  }

  /**
   * Does something with the inode of a path. A remembered inode that has gone stale is looked up
   * again, once.
   */
  int withInode(long pathAddress, InodeBody body) throws FsException {
    BytePath path = path(pathAddress);
    try (InodeReference inode = paths.resolve(path)) {
      return body.run(inode);
    } catch (FsException e) {
      if (e.errno() != Errno.ESTALE || path.isRoot()) {
        throw e;
      }
    }
    paths.forgetTree(path);
    try (InodeReference inode = paths.lookup(path).reference()) {
      return body.run(inode);
    }
  }

  /** Does something with the last name of a path and its directory. */
  int withName(long pathAddress, NameBody body) throws FsException {
    BytePath path = path(pathAddress);
    try (InodeReference parent = paths.resolveParent(path)) {
      return body.run(parent.inodeId(), path);
    }
  }

  /** Closes an open file, and lets go of it if it was unlinked and this was the last. */
  void release(long number) throws FsException {
    OpenFiles.Open file = files.remove(number);
    try (InodeReference inode = file.inode()) {
      vfs.release(file.handle());
      if (!files.isOpen(inode.inodeId()) && !hidden.isEmpty()) {
        hidden.dropInode(inode.inodeId());
      }
    }
  }

  void releaseDirectory(long number) throws FsException {
    OpenFiles.Open directory = directories.remove(number);
    vfs.releaseDirectory(directory.handle());
    directory.inode().close();
  }

  /** Gives back everything; for the end of the session, when no callback runs any more. */
  void close() {
    try {
      for (long number : files.numbers()) {
        release(number);
      }
      for (long number : directories.numbers()) {
        releaseDirectory(number);
      }
    } catch (FsException e) {
      throw new AssertionError("only this thread closes files now", e);
    }
    hidden.close();
    paths.close();
  }

  /** A callback's work. */
  interface Body {
    int run() throws FsException;
  }

  /** Work with an inode. */
  interface InodeBody {
    int run(InodeReference inode) throws FsException;
  }

  /** Work with a name in a directory. */
  interface NameBody {
    int run(long parent, BytePath path) throws FsException;
  }
}
