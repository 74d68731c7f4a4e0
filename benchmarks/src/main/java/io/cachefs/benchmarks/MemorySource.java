package io.cachefs.benchmarks;

import io.cachefs.base.AttributeChange;
import io.cachefs.base.Attributes;
import io.cachefs.base.Caller;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Mode;
import io.cachefs.base.Name;
import io.cachefs.base.Passthrough;
import io.cachefs.base.StatFs;
import io.cachefs.base.Timestamp;
import io.cachefs.source.FileId;
import io.cachefs.source.Found;
import io.cachefs.source.Pin;
import io.cachefs.source.Source;
import io.cachefs.source.SourceCapabilities;
import io.cachefs.source.SourceDirectory;
import io.cachefs.source.SourceFile;
import io.cachefs.source.SourceNode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One directory of files "f0", "f1", ... of one size, all in memory and never changing: a source
 * that costs next to nothing, so that what is measured is the cache.
 */
final class MemorySource implements Source {
  private static final Timestamp LONG_AGO = new Timestamp(1_600_000_000, 0);
  private static final SourceCapabilities CAPABILITIES =
      new SourceCapabilities(
          true, false, false, false, true, false, false, false, Duration.ofNanos(1));

  private final Node root = new Node(new FileId(1, 1, 0), Mode.DIRECTORY);
  private final int size;

  MemorySource(int size) {
    this.size = size;
  }

  private record Node(FileId id, int type) implements SourceNode {
    @Override
    public void absorb(SourceNode other) {}
  }

  private Attributes attributesOf(SourceNode node) {
    boolean directory = node.type() == Mode.DIRECTORY;
    long length = directory ? 4096 : size;
    int mode = node.type() | (directory ? 0755 : 0644);
    return new Attributes(
        1,
        node.id().inode(),
        mode,
        1,
        0,
        0,
        0,
        length,
        length / 512,
        4096,
        LONG_AGO,
        LONG_AGO,
        LONG_AGO,
        null);
  }

  @Override
  public SourceCapabilities capabilities() {
    return CAPABILITIES;
  }

  @Override
  public Found root() {
    return new Found(root, attributesOf(root));
  }

  @Override
  public SourceNode restore(FileId id, int type, byte[] handle, SourceNode parent, Name name) {
    return new Node(id, type);
  }

  @Override
  public Found find(SourceNode parent, Name name) throws FsException {
    String text = new String(name.bytes(), StandardCharsets.US_ASCII);
    if (!text.startsWith("f")) {
      throw new FsException(Errno.ENOENT);
    }
    Node node = new Node(new FileId(1, 2 + Long.parseLong(text.substring(1)), 0), Mode.REGULAR);
    return new Found(node, attributesOf(node));
  }

  @Override
  public Attributes attributes(SourceNode node) {
    return attributesOf(node);
  }

  @Override
  public Opened open(SourceNode node, int flags) {
    return new Opened(new File(node), attributesOf(node));
  }

  /** Every byte of a file is the same, and needs no memory of its own. */
  private final class File implements SourceFile {
    private final SourceNode node;

    private File(SourceNode node) {
      this.node = node;
    }

    @Override
    public void belongTo(SourceNode known) {}

    @Override
    public Attributes attributes() {
      return attributesOf(node);
    }

    @Override
    public int read(long offset, ByteBuffer target) {
      int count = (int) Math.min(target.remaining(), Math.max(0, size - offset));
      target.position(target.position() + count);
      return count;
    }

    @Override
    public int write(long offset, ByteBuffer data) throws FsException {
      throw new FsException(Errno.EROFS);
    }

    @Override
    public void truncate(long newSize) throws FsException {
      throw new FsException(Errno.EROFS);
    }

    @Override
    public void flush() {}

    @Override
    public void sync(boolean dataOnly) {}

    @Override
    public void allocate(int mode, long offset, long length) throws FsException {
      throw new FsException(Errno.EROFS);
    }

    @Override
    public long seek(long offset, int whence) throws FsException {
      throw new FsException(Errno.EOPNOTSUPP);
    }

    @Override
    public long copyTo(long offset, SourceFile target, long targetOffset, long length)
        throws FsException {
      throw new FsException(Errno.EXDEV);
    }

    @Override
    public byte[] ioctl(int command, byte[] input, int outputSize) throws FsException {
      throw new FsException(Errno.ENOTTY);
    }

    @Override
    public @Nullable Passthrough passthrough() {
      return null;
    }

    @Override
    public void close() {}
  }

  @Override
  public Attributes change(SourceNode node, AttributeChange change) throws FsException {
    throw new FsException(Errno.EROFS);
  }

  @Override
  public byte[] readlink(SourceNode node) throws FsException {
    throw new FsException(Errno.EINVAL);
  }

  @Override
  public void access(Caller caller, SourceNode node, int mask) {}

  @Override
  public StatFs statfs(SourceNode node) throws FsException {
    throw new FsException(Errno.EOPNOTSUPP);
  }

  @Override
  public Created create(Caller caller, SourceNode parent, Name name, int mode, int flags)
      throws FsException {
    throw new FsException(Errno.EROFS);
  }

  @Override
  public Created createUnnamed(Caller caller, SourceNode parent, int mode, int flags)
      throws FsException {
    throw new FsException(Errno.EROFS);
  }

  @Override
  public SourceDirectory openDirectory(SourceNode node) throws FsException {
    throw new FsException(Errno.EOPNOTSUPP);
  }

  @Override
  public Found mkdir(Caller caller, SourceNode parent, Name name, int mode) throws FsException {
    throw new FsException(Errno.EROFS);
  }

  @Override
  public Found mknod(Caller caller, SourceNode parent, Name name, int mode, int device)
      throws FsException {
    throw new FsException(Errno.EROFS);
  }

  @Override
  public Found symlink(Caller caller, SourceNode parent, Name name, byte[] target)
      throws FsException {
    throw new FsException(Errno.EROFS);
  }

  @Override
  public Found link(SourceNode node, SourceNode newParent, Name newName) throws FsException {
    throw new FsException(Errno.EROFS);
  }

  @Override
  public Pin pin(SourceNode parent, Name name) throws FsException {
    throw new FsException(Errno.EROFS);
  }

  @Override
  public void unlink(SourceNode parent, Name name) throws FsException {
    throw new FsException(Errno.EROFS);
  }

  @Override
  public void rmdir(SourceNode parent, Name name) throws FsException {
    throw new FsException(Errno.EROFS);
  }

  @Override
  public void rename(
      SourceNode parent, Name name, SourceNode newParent, Name newName, int flags, KnownNodes known)
      throws FsException {
    throw new FsException(Errno.EROFS);
  }

  @Override
  public byte[] xattr(SourceNode node, byte[] name) throws FsException {
    throw new FsException(Errno.ENODATA);
  }

  @Override
  public void setXattr(SourceNode node, byte[] name, byte[] value, int flags) throws FsException {
    throw new FsException(Errno.EROFS);
  }

  @Override
  public byte[] listXattrs(SourceNode node) {
    return new byte[0];
  }

  @Override
  public void removeXattr(SourceNode node, byte[] name) throws FsException {
    throw new FsException(Errno.EROFS);
  }

  @Override
  public void syncAll() {}

  @Override
  public void close() {}
}
