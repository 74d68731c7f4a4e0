package io.cachefs.fuse.libfuse;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.vfs.CreatedFile;
import io.cachefs.vfs.DirectorySink;
import io.cachefs.vfs.OpenFile;
import io.cachefs.vfs.Vfs;

/** Callbacks on open files and directories; they go by handle and never look at a path. */
final class FileCallbacks {
  /** The ioctl is on a directory; FUSE_IOCTL_DIR of linux/fuse.h. */
  private static final int IOCTL_DIRECTORY = 1 << 4;

  private final PathCalls calls;
  private final Vfs vfs;

  FileCallbacks(PathCalls calls) {
    this.calls = calls;
    this.vfs = calls.vfs;
  }

  // --- Files ---

  /**
   * Opens. The kernel then drops what it had cached of the content: with one kernel inode for each
   * name of a hard link, nobody here can know that it is still right.
   */
  int open(long path, long fileInfo) {
    return calls.run(
        Operation.OPEN,
        () ->
            calls.withInode(
                path,
                inode -> {
                  OpenFile file = vfs.open(inode.inodeId(), Layouts.openFlags(fileInfo));
                  Layouts.handle(fileInfo, calls.files.add(inode.retain(), file.handle()));
                  return 0;
                }));
  }

  int create(long path, long mode, long fileInfo) {
    return calls.run(
        Operation.CREATE,
        () ->
            calls.withName(
                path,
                (parent, name) -> {
                  long seen = calls.paths.changesSoFar();
                  CreatedFile made =
                      vfs.create(
                          RequestThread.current().caller(),
                          parent,
                          name.name(),
                          (int) mode,
                          Layouts.openFlags(fileInfo));
                  InodeReference inode = calls.paths.publish(name, made.entry(), seen);
                  Layouts.handle(fileInfo, calls.files.add(inode, made.file().handle()));
                  return 0;
                }));
  }

  int read(long path, long buffer, long size, long offset, long fileInfo) {
    return calls.run(
        Operation.READ,
        () -> vfs.read(handle(fileInfo), offset, Memory.view(buffer, Math.toIntExact(size))));
  }

  int write(long path, long buffer, long size, long offset, long fileInfo) {
    return calls.run(
        Operation.WRITE,
        () ->
            vfs.write(handle(fileInfo), offset, Memory.view(buffer, Math.toIntExact(size)), false));
  }

  int flush(long path, long fileInfo) {
    return calls.run(
        Operation.FLUSH,
        () -> {
          vfs.flush(handle(fileInfo));
          return 0;
        });
  }

  int release(long path, long fileInfo) {
    return calls.run(
        Operation.RELEASE,
        () -> {
          calls.release(Layouts.handle(fileInfo));
          return 0;
        });
  }

  int fsync(long path, long dataOnly, long fileInfo) {
    return calls.run(
        Operation.FSYNC,
        () -> {
          vfs.fsync(handle(fileInfo), (int) dataOnly != 0);
          return 0;
        });
  }

  int fallocate(long path, long mode, long offset, long length, long fileInfo) {
    return calls.run(
        Operation.FALLOCATE,
        () -> {
          vfs.fallocate(handle(fileInfo), (int) mode, offset, length);
          return 0;
        });
  }

  int ioctl(long path, long command, long argument, long fileInfo, long flags, long data) {
    return calls.run(
        Operation.IOCTL,
        () -> {
          RequestThread request = RequestThread.current();
          boolean onDirectory = ((int) flags & IOCTL_DIRECTORY) != 0;
          OpenFiles.Open target =
              (onDirectory ? calls.directories : calls.files).get(Layouts.handle(fileInfo));
          byte[] input = Memory.bytes(data, request.ioctlInputSize());
          int room = request.ioctlOutputSize();
          byte[] output = vfs.ioctl(target.handle(), (int) command, input, room);
          if (output.length > room) {
            throw new FsException(Errno.EOVERFLOW, "an ioctl's answer is longer than its room");
          }
          Memory.bytes(data, output, output.length);
          return 0;
        });
  }

  private long handle(long fileInfo) throws FsException {
    return calls.files.get(Layouts.handle(fileInfo)).handle();
  }

  // --- Directories ---

  int opendir(long path, long fileInfo) {
    return calls.run(
        Operation.OPENDIR,
        () ->
            calls.withInode(
                path,
                inode -> {
                  OpenFile directory = vfs.openDirectory(inode.inodeId());
                  Layouts.handle(
                      fileInfo, calls.directories.add(inode.retain(), directory.handle()));
                  return 0;
                }));
  }

  int readdir(long path, long buffer, long filler, long cookie, long fileInfo) {
    return calls.run(
        Operation.READDIR,
        () -> {
          RequestThread thread = RequestThread.current();
          DirectorySink sink =
              (name, length, inode, type, nextCookie, entry) -> {
                Layouts.writeDirent(thread.statSpace(), inode, type);
                long text = thread.terminated(name, length);
                return NativeFuse.fill(filler, buffer, text, thread.statSpace(), nextCookie);
              };
          long handle = calls.directories.get(Layouts.handle(fileInfo)).handle();
          vfs.readDirectory(handle, cookie, false, sink);
          return 0;
        });
  }

  int releasedir(long path, long fileInfo) {
    return calls.run(
        Operation.RELEASEDIR,
        () -> {
          calls.releaseDirectory(Layouts.handle(fileInfo));
          return 0;
        });
  }

  int fsyncdir(long path, long dataOnly, long fileInfo) {
    return calls.run(
        Operation.FSYNCDIR,
        () -> {
          long handle = calls.directories.get(Layouts.handle(fileInfo)).handle();
          vfs.fsyncDirectory(handle, (int) dataOnly != 0);
          return 0;
        });
  }
}
