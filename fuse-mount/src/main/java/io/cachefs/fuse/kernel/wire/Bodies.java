package io.cachefs.fuse.kernel.wire;

import io.cachefs.base.FsException;

/** The fixed part of each kind of request, named after its struct {@code fuse_..._in}. */
public final class Bodies {
  /** Bit of {@link Open#openFlags()}: clear set-uid and set-gid bits, FUSE_OPEN_KILL_SUIDGID. */
  public static final int OPEN_KILL_PRIVILEGES = 1;

  /** Bit of {@link Write#writeFlags()}: clear set-uid and set-gid bits, FUSE_WRITE_KILL_SUIDGID. */
  public static final int WRITE_KILL_PRIVILEGES = 1 << 2;

  /** Bit of {@link Ioctl#flags()}: sizes are not those of the command, FUSE_IOCTL_UNRESTRICTED. */
  public static final int IOCTL_UNRESTRICTED = 1 << 1;

  /** Bit of {@link Ioctl#flags()}: the handle is of a directory, FUSE_IOCTL_DIR. */
  public static final int IOCTL_DIRECTORY = 1 << 4;

  private static final int GETATTR_HAS_HANDLE = 1;
  private static final int FSYNC_DATA_ONLY = 1;

  private Bodies() {}

  /** The start of a connection. */
  public record Init(int major, int minor, int maxReadahead, long flags) {
    /** Size on kernels without the second word of flags. */
    private static final int SHORT = 16;

    private static final int LONG = 64;

    public static Init of(Request in) throws FsException {
      in.require(8);
      if (in.bodyLength() < SHORT) {
        return new Init(in.u32(0), in.u32(4), 0, 0);
      }
      long flags = Integer.toUnsignedLong(in.u32(12));
      if (in.bodyLength() >= LONG && (flags & InitFlags.INIT_EXT) != 0) {
        flags |= Integer.toUnsignedLong(in.u32(16)) << 32;
      }
      return new Init(in.u32(0), in.u32(4), in.u32(8), flags);
    }
  }

  /** References given back. */
  public record Forget(long count) {
    public static Forget of(Request in) throws FsException {
      in.require(8);
      return new Forget(in.u64(0));
    }
  }

  /** References to many inodes given back: pairs of inode and count follow. */
  public record BatchForget(int count) {
    public static final int SIZE = 8;
    private static final int ITEM = 16;

    public static BatchForget of(Request in) throws FsException {
      in.require(SIZE);
      int count = in.u32(0);
      if (count < 0 || count > (in.bodyLength() - SIZE) / ITEM) {
        in.require(Integer.MAX_VALUE);
      }
      return new BatchForget(count);
    }

    public static long inode(Request in, int index) {
      return in.u64(SIZE + index * ITEM);
    }

    public static long references(Request in, int index) {
      return in.u64(SIZE + index * ITEM + 8);
    }
  }

  /** Which open file a stat is about, if any. */
  public record GetAttr(boolean hasHandle, long handle) {
    public static GetAttr of(Request in) throws FsException {
      in.require(16);
      return new GetAttr((in.u32(0) & GETATTR_HAS_HANDLE) != 0, in.u64(8));
    }
  }

  /** A statx; what is asked for beyond the usual is not needed to answer. */
  public record Statx(boolean hasHandle, long handle) {
    public static Statx of(Request in) throws FsException {
      in.require(24);
      return new Statx((in.u32(0) & GETATTR_HAS_HANDLE) != 0, in.u64(8));
    }
  }

  /** Changes of attributes; {@code valid} has the bits FATTR_... */
  public record SetAttr(
      int valid,
      long handle,
      long size,
      long accessedSeconds,
      int accessedNanos,
      long modifiedSeconds,
      int modifiedNanos,
      int mode,
      int uid,
      int gid) {
    public static final int MODE = 1;
    public static final int UID = 1 << 1;
    public static final int GID = 1 << 2;
    public static final int SIZE = 1 << 3;
    public static final int ACCESSED = 1 << 4;
    public static final int MODIFIED = 1 << 5;
    public static final int HANDLE = 1 << 6;
    public static final int ACCESSED_NOW = 1 << 7;
    public static final int MODIFIED_NOW = 1 << 8;
    public static final int KILL_PRIVILEGES = 1 << 11;

    public static SetAttr of(Request in) throws FsException {
      in.require(88);
      return new SetAttr(
          in.u32(0),
          in.u64(8),
          in.u64(16),
          in.u64(32),
          in.u32(56),
          in.u64(40),
          in.u32(60),
          in.u32(68),
          in.u32(76),
          in.u32(80));
    }

    /**
     * Returns whether no attribute is given. Linux sends such a change when it wants set-uid and
     * set-gid bits cleared before content changes in a way that has no flag for it: a passthrough
     * write, fallocate, copy_file_range (fuse_setattr in fs/fuse/dir.c).
     */
    public boolean changesNothing() {
      return !has(MODE | UID | GID | SIZE | ACCESSED | MODIFIED | ACCESSED_NOW | MODIFIED_NOW);
    }

    /** Returns whether any of these bits is set. */
    public boolean has(int bits) {
      return (valid & bits) != 0;
    }
  }

  /** Makes a node; the name follows. */
  public record Mknod(int mode, int device, int umask) {
    public static final int SIZE = 16;

    public static Mknod of(Request in) throws FsException {
      in.require(SIZE);
      return new Mknod(in.u32(0), in.u32(4), in.u32(8));
    }
  }

  /** Makes a directory; the name follows. */
  public record Mkdir(int mode, int umask) {
    public static final int SIZE = 8;

    public static Mkdir of(Request in) throws FsException {
      in.require(SIZE);
      return new Mkdir(in.u32(0), in.u32(4));
    }
  }

  /** Renames; the old and the new name follow at {@code names}. */
  public record Rename(long newParent, int flags, int names) {
    /** The form without flags, {@code fuse_rename_in}. */
    public static Rename of(Request in) throws FsException {
      in.require(8);
      return new Rename(in.u64(0), 0, 8);
    }

    /** The form with flags, {@code fuse_rename2_in}. */
    public static Rename withFlags(Request in) throws FsException {
      in.require(16);
      return new Rename(in.u64(0), in.u32(8), 16);
    }
  }

  /** Makes one more name, which follows, for an inode. */
  public record Link(long inode) {
    public static final int SIZE = 8;

    public static Link of(Request in) throws FsException {
      in.require(SIZE);
      return new Link(in.u64(0));
    }
  }

  /** Opens a file or a directory. */
  public record Open(int flags, int openFlags) {
    public static Open of(Request in) throws FsException {
      in.require(8);
      return new Open(in.u32(0), in.u32(4));
    }
  }

  /** Makes and opens a file; the name follows. Also the form of TMPFILE. */
  public record Create(int flags, int mode, int umask, int openFlags) {
    public static final int SIZE = 16;

    public static Create of(Request in) throws FsException {
      in.require(SIZE);
      return new Create(in.u32(0), in.u32(4), in.u32(8), in.u32(12));
    }
  }

  /** A part of a file or a directory to read. */
  public record Read(long handle, long offset, int size) {
    public static Read of(Request in) throws FsException {
      in.require(40);
      return new Read(in.u64(0), in.u64(8), in.u32(16));
    }
  }

  /** A part of a file to write; the data follow. */
  public record Write(long handle, long offset, int size, int writeFlags) {
    public static final int SIZE = 40;

    public static Write of(Request in) throws FsException {
      in.require(SIZE);
      return new Write(in.u64(0), in.u64(8), in.u32(16), in.u32(20));
    }
  }

  /** The end of a handle, or of one descriptor of it (FLUSH has the same start). */
  public record Release(long handle) {
    public static Release of(Request in) throws FsException {
      in.require(24);
      return new Release(in.u64(0));
    }
  }

  /** Makes what was written durable. */
  public record Fsync(long handle, boolean dataOnly) {
    public static Fsync of(Request in) throws FsException {
      in.require(16);
      return new Fsync(in.u64(0), (in.u32(8) & FSYNC_DATA_ONLY) != 0);
    }
  }

  /** Sets an extended attribute; name and value follow at {@code name}. */
  public record SetXattr(int size, int flags, int name) {
    /** The form with FUSE_SETXATTR_EXT, or the older and shorter one. */
    public static SetXattr of(Request in, boolean extended) throws FsException {
      int length = extended ? 16 : 8;
      in.require(length);
      return new SetXattr(in.u32(0), in.u32(4), length);
    }
  }

  /** Asks for an extended attribute, whose name follows, or for the list of names. */
  public record GetXattr(int size) {
    public static final int SIZE = 8;

    public static GetXattr of(Request in) throws FsException {
      in.require(SIZE);
      return new GetXattr(in.u32(0));
    }
  }

  /** Asks whether the caller may read, write or execute. */
  public record Access(int mask) {
    public static Access of(Request in) throws FsException {
      in.require(8);
      return new Access(in.u32(0));
    }
  }

  /** Names a request that its caller no longer waits for. */
  public record Interrupt(long unique) {
    public static Interrupt of(Request in) throws FsException {
      in.require(8);
      return new Interrupt(in.u64(0));
    }
  }

  /** A device command; the input follows. */
  public record Ioctl(long handle, int flags, int command, int inputSize, int outputSize) {
    public static final int SIZE = 32;

    public static Ioctl of(Request in) throws FsException {
      in.require(SIZE);
      return new Ioctl(in.u64(0), in.u32(8), in.u32(12), in.u32(24), in.u32(28));
    }
  }

  /** Changes the space of a file. */
  public record Fallocate(long handle, long offset, long length, int mode) {
    public static Fallocate of(Request in) throws FsException {
      in.require(32);
      return new Fallocate(in.u64(0), in.u64(8), in.u64(16), in.u32(24));
    }
  }

  /** Finds data or holes. */
  public record Seek(long handle, long offset, int whence) {
    public static Seek of(Request in) throws FsException {
      in.require(24);
      return new Seek(in.u64(0), in.u64(8), in.u32(16));
    }
  }

  /** Copies from one open file to another. */
  public record CopyRange(
      long sourceHandle, long sourceOffset, long targetHandle, long targetOffset, long length) {
    public static CopyRange of(Request in) throws FsException {
      in.require(56);
      return new CopyRange(in.u64(0), in.u64(8), in.u64(24), in.u64(32), in.u64(40));
    }
  }
}
