package io.cachefs.sys;

import static io.cachefs.sys.Native.LIBC;
import static io.cachefs.sys.Native.addressOf;
import static io.cachefs.sys.Native.check;

import io.cachefs.base.AttributeChange.TimeChange;
import io.cachefs.base.Attributes;
import io.cachefs.base.Caller;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.OpenFlags;
import io.cachefs.base.StatFs;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** {@link FileCalls} through glibc. Holds no state but scratch memory of each thread. */
public final class LinuxFileCalls implements FileCalls {
  private static final byte[] NOTHING = {0};

  /** {@code F_DUPFD_CLOEXEC} of {@code fcntl.h}. */
  private static final int DUPLICATE_CLOSE_ON_EXEC = 1030;

  /** {@code AT_SYMLINK_FOLLOW}. */
  private static final int FOLLOW = 0x400;

  /** {@code AT_EACCESS}. */
  private static final int EFFECTIVE_ACCESS = 0x200;

  /** {@code UTIME_NOW} and {@code UTIME_OMIT} of {@code stat.h}. */
  private static final long UTIME_NOW = (1L << 30) - 1;

  private static final long UTIME_OMIT = (1L << 30) - 2;

  /** {@code MAX_HANDLE_SZ} of {@code fcntl.h}. */
  private static final int MAX_HANDLE = 128;

  /** {@code XATTR_SIZE_MAX} of {@code limits.h}. */
  private static final int MAX_XATTR = 65536;

  private static final int SMALL_XATTR = 256;

  /** {@code POSIX_FADV_NORMAL} and {@code POSIX_FADV_RANDOM} of {@code fcntl.h}. */
  private static final int FADV_NORMAL = 0;

  private static final int FADV_RANDOM = 1;

  private static final int PATH_MAX = 4096;

  /** Native memory for the results of one call at a time. */
  private static final class Scratch {
    static final ThreadLocal<Scratch> CURRENT = ThreadLocal.withInitial(Scratch::new);

    final ByteBuffer memory = Native.allocate(512);
    final long address = addressOf(memory);
  }

  @Override
  public int open(int directory, byte[] path, int flags, int mode) throws FsException {
    return check(LIBC.openat(directory, path, flags | OpenFlags.CLOSE_ON_EXEC, mode), "openat");
  }

  @Override
  public int openByHandle(int mount, byte[] handle, int flags) throws FsException {
    return check(
        LIBC.open_by_handle_at(mount, handle, flags | OpenFlags.CLOSE_ON_EXEC),
        "open_by_handle_at");
  }

  @Override
  public byte[] handleOf(int directory, byte[] path, int flags) throws FsException {
    Scratch scratch = Scratch.CURRENT.get();
    scratch.memory.putInt(0, MAX_HANDLE);
    long mountId = scratch.address + 8 + MAX_HANDLE;
    check(
        LIBC.name_to_handle_at(directory, path, scratch.address, mountId, flags),
        "name_to_handle_at");
    byte[] handle = new byte[8 + scratch.memory.getInt(0)];
    scratch.memory.get(0, handle);
    return handle;
  }

  @Override
  @SuppressWarnings("CheckReturnValue") // Nothing can be done about a failed close.
  public void close(int descriptor) {
    LIBC.close(descriptor);
  }

  @Override
  public void closeCopy(int descriptor) throws FsException {
    int copy = check(LIBC.fcntl(descriptor, DUPLICATE_CLOSE_ON_EXEC, 0), "dup");
    check(LIBC.close(copy), "close");
  }

  @Override
  public Attributes attributes(int directory, byte[] path, int flags) throws FsException {
    Scratch scratch = Scratch.CURRENT.get();
    check(LIBC.statx(directory, path, flags, Statx.BASIC_AND_BIRTH, scratch.address), "statx");
    return Statx.decode(scratch.memory);
  }

  @Override
  public Attributes attributesButAccess(int descriptor) throws FsException {
    Scratch scratch = Scratch.CURRENT.get();
    int mask = Statx.BASIC_AND_BIRTH & ~Statx.ACCESS;
    check(LIBC.statx(descriptor, NOTHING, EMPTY_PATH, mask, scratch.address), "statx");
    return Statx.decode(scratch.memory);
  }

  @Override
  public StatFs statfs(int descriptor) throws FsException {
    Scratch scratch = Scratch.CURRENT.get();
    check(LIBC.fstatfs(descriptor, scratch.address), "fstatfs");
    return Statx.decodeStatFs(scratch.memory);
  }

  @Override
  public int read(int descriptor, long offset, ByteBuffer target) throws FsException {
    long address = addressOf(target) + target.position();
    int count = (int) check(LIBC.pread(descriptor, address, target.remaining(), offset), "pread");
    target.position(target.position() + count);
    return count;
  }

  @Override
  public void adviseRandom(int descriptor, boolean random) {
    // An advice that is not understood is no failure.
    int ignored = LIBC.posix_fadvise(descriptor, 0, 0, random ? FADV_RANDOM : FADV_NORMAL);
    assert ignored >= 0;
  }

  @Override
  public int write(int descriptor, long offset, ByteBuffer data) throws FsException {
    long address = addressOf(data) + data.position();
    int count = (int) check(LIBC.pwrite(descriptor, address, data.remaining(), offset), "pwrite");
    data.position(data.position() + count);
    return count;
  }

  @Override
  public long seek(int descriptor, long offset, int whence) throws FsException {
    return check(LIBC.lseek(descriptor, offset, whence), "lseek");
  }

  @Override
  public void truncate(int descriptor, long size) throws FsException {
    check(LIBC.ftruncate(descriptor, size), "ftruncate");
  }

  @Override
  public void sync(int descriptor, boolean dataOnly) throws FsException {
    check(dataOnly ? LIBC.fdatasync(descriptor) : LIBC.fsync(descriptor), "fsync");
  }

  @Override
  public void syncFileSystem(int descriptor) throws FsException {
    check(LIBC.syncfs(descriptor), "syncfs");
  }

  @Override
  public void allocate(int descriptor, int mode, long offset, long length) throws FsException {
    check(LIBC.fallocate(descriptor, mode, offset, length), "fallocate");
  }

  @Override
  public long copyRange(int source, long sourceOffset, int target, long targetOffset, long length)
      throws FsException {
    Scratch scratch = Scratch.CURRENT.get();
    scratch.memory.putLong(0, sourceOffset).putLong(8, targetOffset);
    return check(
        LIBC.copy_file_range(source, scratch.address, target, scratch.address + 8, length, 0),
        "copy_file_range");
  }

  @Override
  public int readDirectory(int descriptor, ByteBuffer target) throws FsException {
    return (int)
        check(LIBC.getdents64(descriptor, addressOf(target), target.capacity()), "getdents64");
  }

  @Override
  public void mkdir(int directory, byte[] path, int mode) throws FsException {
    check(LIBC.mkdirat(directory, path, mode), "mkdirat");
  }

  @Override
  public void mknod(int directory, byte[] path, int mode, int device) throws FsException {
    check(LIBC.mknodat(directory, path, mode, Integer.toUnsignedLong(device)), "mknodat");
  }

  @Override
  public void symlink(byte[] target, int directory, byte[] path) throws FsException {
    check(LIBC.symlinkat(terminated(target), directory, path), "symlinkat");
  }

  @Override
  public void link(int descriptor, int newDirectory, byte[] newPath) throws FsException {
    // By way of /proc no capability is needed, unlike with AT_EMPTY_PATH.
    check(
        LIBC.linkat(CURRENT_DIRECTORY, procPath(descriptor), newDirectory, newPath, FOLLOW),
        "linkat");
  }

  @Override
  public void unlink(int directory, byte[] path, int flags) throws FsException {
    check(LIBC.unlinkat(directory, path, flags), "unlinkat");
  }

  @Override
  public void rename(int oldDirectory, byte[] oldPath, int newDirectory, byte[] newPath, int flags)
      throws FsException {
    check(LIBC.renameat2(oldDirectory, oldPath, newDirectory, newPath, flags), "renameat2");
  }

  @Override
  public byte[] readlink(int descriptor) throws FsException {
    byte[] target = new byte[PATH_MAX];
    long length = check(LIBC.readlinkat(descriptor, NOTHING, target, target.length), "readlinkat");
    return Arrays.copyOf(target, (int) length);
  }

  @Override
  public void chmod(int descriptor, int mode) throws FsException {
    // fchmod does not work on a descriptor opened as a path.
    check(LIBC.chmod(procPath(descriptor), mode), "chmod");
  }

  @Override
  public void chown(int descriptor, int uid, int gid) throws FsException {
    check(LIBC.fchownat(descriptor, NOTHING, uid, gid, EMPTY_PATH), "fchownat");
  }

  @Override
  public void setTimes(int descriptor, @Nullable TimeChange accessed, @Nullable TimeChange modified)
      throws FsException {
    Scratch scratch = Scratch.CURRENT.get();
    putTime(scratch.memory, 0, accessed);
    putTime(scratch.memory, 16, modified);
    check(LIBC.utimensat(descriptor, NOTHING, scratch.address, EMPTY_PATH), "utimensat");
  }

  private static void putTime(ByteBuffer memory, int at, @Nullable TimeChange change) {
    if (change instanceof TimeChange.At exact) {
      memory.putLong(at, exact.time().seconds()).putLong(at + 8, exact.time().nanos());
    } else {
      memory.putLong(at, 0).putLong(at + 8, change == null ? UTIME_OMIT : UTIME_NOW);
    }
  }

  @Override
  public void access(int descriptor, int mask) throws FsException {
    check(LIBC.faccessat(descriptor, NOTHING, mask, EFFECTIVE_ACCESS | EMPTY_PATH), "faccessat");
  }

  @Override
  public byte[] xattr(int descriptor, byte[] name) throws FsException {
    byte[] path = procPath(descriptor);
    byte[] terminatedName = terminated(name);
    return growing(buffer -> LIBC.getxattr(path, terminatedName, buffer, buffer.length));
  }

  @Override
  public void setXattr(int descriptor, byte[] name, byte[] value, int flags) throws FsException {
    check(
        LIBC.setxattr(procPath(descriptor), terminated(name), value, value.length, flags),
        "setxattr");
  }

  @Override
  public byte[] listXattrs(int descriptor) throws FsException {
    byte[] path = procPath(descriptor);
    return growing(buffer -> LIBC.listxattr(path, buffer, buffer.length));
  }

  /** A call that fills a buffer and fails with ERANGE if it is too small. */
  private interface Filling {
    long into(byte[] buffer);
  }

  /** Most values are tiny: tries a small buffer before the largest there can be. */
  private static byte[] growing(Filling call) throws FsException {
    byte[] buffer = new byte[SMALL_XATTR];
    long size = call.into(buffer);
    if (size < 0 && Errno.of(Native.lastError()) == Errno.ERANGE) {
      buffer = new byte[MAX_XATTR];
      size = call.into(buffer);
    }
    return Arrays.copyOf(buffer, (int) check(size, "getxattr"));
  }

  @Override
  public void removeXattr(int descriptor, byte[] name) throws FsException {
    check(LIBC.removexattr(procPath(descriptor), terminated(name)), "removexattr");
  }

  @Override
  public void ioctl(int descriptor, int command, ByteBuffer argument) throws FsException {
    check(LIBC.ioctl(descriptor, Integer.toUnsignedLong(command), addressOf(argument)), "ioctl");
  }

  @Override
  public Inotify openInotify() throws FsException {
    return LinuxInotify.open();
  }

  @Override
  public void actFor(Caller caller, boolean overrideAccess) throws FsException {
    Identity.current().actFor(caller, overrideAccess);
  }

  @Override
  public void resumeSelf() {
    Identity.current().resumeSelf();
  }

  /** The file behind a descriptor as a path, for calls that take no descriptor. */
  private static byte[] procPath(int descriptor) {
    return ("/proc/self/fd/" + descriptor + "\0").getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] terminated(byte[] text) throws FsException {
    for (byte b : text) {
      if (b == 0) {
        throw new FsException(Errno.EINVAL, "NUL in a name");
      }
    }
    return Arrays.copyOf(text, text.length + 1);
  }
}
