package io.cachefs.fuse.libfuse;

import io.cachefs.base.AttributeChange;
import io.cachefs.base.AttributeChange.TimeChange;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Mode;
import io.cachefs.base.Timestamp;
import io.cachefs.vfs.Vfs;
import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Callbacks that read and change attributes and extended attributes.
 *
 * <p>Set-uid and set-gid bits: libfuse 2 does not ask the kernel to leave them to the file system,
 * so the kernel itself takes them away with a change of mode before a write, a truncation or a
 * change of owner.
 */
final class AttributeCallbacks {
  // linux/stat.h
  private static final long UTIME_NOW = 0x3fffffff;
  private static final long UTIME_OMIT = 0x3ffffffe;
  private static final int TIMESPEC_SIZE = 16;

  private final PathCalls calls;
  private final Vfs vfs;

  AttributeCallbacks(PathCalls calls) {
    this.calls = calls;
    this.vfs = calls.vfs;
  }

  int fgetattr(long path, long stat, long fileInfo) {
    return calls.run(
        Operation.FGETATTR,
        () -> {
          OpenFiles.Open file = calls.files.get(Layouts.handle(fileInfo));
          Layouts.writeStat(
              stat, vfs.attributes(file.inode().inodeId(), file.handle()), calls.options);
          return 0;
        });
  }

  int chmod(long path, long mode) {
    int bits = (int) mode & Mode.PERMISSIONS;
    return change(Operation.CHMOD, path, AttributeChange.NONE.withMode(bits));
  }

  int chown(long path, long uid, long gid) {
    return change(
        Operation.CHOWN, path, AttributeChange.NONE.withOwner(unlessNone(uid), unlessNone(gid)));
  }

  private static @Nullable Integer unlessNone(long id) {
    return (int) id == -1 ? null : (int) id;
  }

  int truncate(long path, long size) {
    return change(Operation.TRUNCATE, path, AttributeChange.NONE.withSize(size));
  }

  int ftruncate(long path, long size, long fileInfo) {
    return calls.run(
        Operation.FTRUNCATE,
        () -> {
          OpenFiles.Open file = calls.files.get(Layouts.handle(fileInfo));
          AttributeChange change = AttributeChange.NONE.withSize(size);
          vfs.setAttributes(file.inode().inodeId(), file.handle(), change);
          return 0;
        });
  }

  int utimens(long path, long times) {
    return change(
        Operation.UTIMENS,
        path,
        AttributeChange.NONE.withTimes(time(times), time(times + TIMESPEC_SIZE)));
  }

  private static @Nullable TimeChange time(long timespec) {
    long nanos = Memory.int64(timespec + 8);
    if (nanos == UTIME_OMIT) {
      return null;
    }
    return nanos == UTIME_NOW
        ? new TimeChange.Now()
        : new TimeChange.At(new Timestamp(Memory.int64(timespec), (int) nanos));
  }

  private int change(Operation operation, long path, AttributeChange change) {
    return calls.run(
        operation,
        () ->
            calls.withInode(
                path,
                inode -> {
                  vfs.setAttributes(inode.inodeId(), Vfs.NO_HANDLE, change);
                  return 0;
                }));
  }

  int access(long path, long mask) {
    return calls.run(
        Operation.ACCESS,
        () ->
            calls.withInode(
                path,
                inode -> {
                  vfs.access(RequestThread.current().caller(), inode.inodeId(), (int) mask);
                  return 0;
                }));
  }

  int statfs(long path, long statvfs) {
    return calls.run(
        Operation.STATFS,
        () ->
            calls.withInode(
                path,
                inode -> {
                  Layouts.writeStatFs(statvfs, vfs.statfs(inode.inodeId()));
                  return 0;
                }));
  }

  int setxattr(long path, long name, long value, long size, long flags) {
    return calls.run(
        Operation.SETXATTR,
        () ->
            calls.withInode(
                path,
                inode -> {
                  byte[] bytes = Memory.bytes(value, Math.toIntExact(size));
                  vfs.setXattr(inode.inodeId(), Memory.text(name), bytes, (int) flags);
                  return 0;
                }));
  }

  int getxattr(long path, long name, long value, long size) {
    return calls.run(
        Operation.GETXATTR,
        () ->
            calls.withInode(
                path, inode -> give(vfs.xattr(inode.inodeId(), Memory.text(name)), value, size)));
  }

  int listxattr(long path, long list, long size) {
    return calls.run(
        Operation.LISTXATTR,
        () ->
            calls.withInode(
                path,
                inode -> {
                  ByteArrayOutputStream names = new ByteArrayOutputStream();
                  for (byte[] name :
                      vfs.listXattrs(RequestThread.current().caller(), inode.inodeId())) {
                    names.write(name, 0, name.length);
                    names.write(0);
                  }
                  return give(names.toByteArray(), list, size);
                }));
  }

  /** Copies what was asked for, or only tells its length if there is no room for anything. */
  private static int give(byte[] bytes, long target, long size) throws FsException {
    if (size > 0) {
      if (bytes.length > size) {
        throw new FsException(Errno.ERANGE);
      }
      Memory.bytes(target, bytes, bytes.length);
    }
    return bytes.length;
  }

  int removexattr(long path, long name) {
    return calls.run(
        Operation.REMOVEXATTR,
        () ->
            calls.withInode(
                path,
                inode -> {
                  vfs.removeXattr(inode.inodeId(), Memory.text(name));
                  return 0;
                }));
  }
}
