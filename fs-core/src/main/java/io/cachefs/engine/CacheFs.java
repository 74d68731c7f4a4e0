package io.cachefs.engine;

import io.cachefs.base.FsException;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.source.SourceCapabilities;
import io.cachefs.source.posix.PosixSource;
import io.cachefs.sys.FileCalls;
import io.cachefs.sys.LinuxFileCalls;
import io.cachefs.vfs.SourceVfs;
import io.cachefs.vfs.Vfs;
import java.io.Closeable;
import java.time.InstantSource;

/** A running file system over a source. Thread-safe; holds no static state. */
public final class CacheFs implements Closeable {
  private final PosixSource source;
  private final SourceVfs vfs;

  private CacheFs(PosixSource source, SourceVfs vfs) {
    this.source = source;
    this.vfs = vfs;
  }

  /** Opens the source and returns the file system, ready for use. */
  public static CacheFs open(CacheFsConfig config) throws FsException {
    return open(config, new LinuxFileCalls());
  }

  /** As {@link #open(CacheFsConfig)}, over other system calls: a test can make each one fail. */
  static CacheFs open(CacheFsConfig config, FileCalls calls) throws FsException {
    PosixSource source = PosixSource.open(calls, config.source(), config.descriptorLimit());
    boolean opened = false;
    try {
      CacheFs cacheFs =
          new CacheFs(
              source, new SourceVfs(source, InstantSource.system(), config.listingLifetime()));
      opened = true;
      return cacheFs;
    } finally {
      if (!opened) {
        source.close();
      }
    }
  }

  /** Returns the file system by inode. It is closed with this object. */
  public Vfs vfs() {
    return vfs;
  }

  /** Returns what is known of the source and what is open now. */
  public Status status() {
    return new Status(
        source.capabilities(), vfs.inodeCount(), vfs.handleCount(), source.keptDescriptors());
  }

  @Override
  public void close() {
    vfs.close();
  }

  /**
   * A moment of a running file system.
   *
   * @param inodes how many files the kernel or another user holds references to
   * @param openHandles how many files and directories are open
   * @param keptDescriptors how many descriptors are kept besides those of open files
   */
  public record Status(
      SourceCapabilities source, int inodes, int openHandles, int keptDescriptors) {}
}
