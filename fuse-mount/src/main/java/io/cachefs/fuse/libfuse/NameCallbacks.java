package io.cachefs.fuse.libfuse;

import io.cachefs.base.Attributes;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.vfs.Entry;
import io.cachefs.vfs.Vfs;
import java.util.Arrays;

/** Callbacks that find, make and remove names. */
final class NameCallbacks {
  private final PathCalls calls;
  private final Vfs vfs;

  NameCallbacks(PathCalls calls) {
    this.calls = calls;
    this.vfs = calls.vfs;
  }

  /** Answers a lookup of the kernel as well as a stat; libfuse makes no difference. */
  int getattr(long path, long stat) {
    return calls.run(
        Operation.GETATTR,
        () -> {
          if (RequestThread.current().opcode() == RequestThread.LOOKUP) {
            PathResolver.Found found = calls.paths.lookup(PathCalls.path(path));
            found.reference().close();
            Layouts.writeStat(stat, found.attributes(), calls.options);
            return 0;
          }
          return calls.withInode(
              path,
              inode -> {
                Attributes attributes = vfs.attributes(inode.inodeId(), Vfs.NO_HANDLE);
                Layouts.writeStat(stat, attributes, calls.options);
                return 0;
              });
        });
  }

  int readlink(long path, long buffer, long size) {
    return calls.run(
        Operation.READLINK,
        () ->
            calls.withInode(
                path,
                inode -> {
                  byte[] target = vfs.readlink(inode.inodeId());
                  // libfuse wants a NUL at the end and offers PATH_MAX + 1 bytes.
                  int length = (int) Math.min(target.length, size - 1);
                  Memory.bytes(buffer, Arrays.copyOf(target, length + 1), length + 1);
                  return 0;
                }));
  }

  int mknod(long path, long mode, long device) {
    return calls.run(
        Operation.MKNOD,
        () ->
            calls.withName(
                path,
                (parent, name) -> {
                  long seen = calls.paths.changesSoFar();
                  return made(
                      name,
                      vfs.mknod(
                          RequestThread.current().caller(),
                          parent,
                          name.name(),
                          (int) mode,
                          (int) device),
                      seen);
                }));
  }

  int mkdir(long path, long mode) {
    return calls.run(
        Operation.MKDIR,
        () ->
            calls.withName(
                path,
                (parent, name) -> {
                  long seen = calls.paths.changesSoFar();
                  return made(
                      name,
                      vfs.mkdir(RequestThread.current().caller(), parent, name.name(), (int) mode),
                      seen);
                }));
  }

  int symlink(long target, long path) {
    return calls.run(
        Operation.SYMLINK,
        () ->
            calls.withName(
                path,
                (parent, name) -> {
                  long seen = calls.paths.changesSoFar();
                  byte[] bytes = Memory.text(target);
                  return made(
                      name,
                      vfs.symlink(RequestThread.current().caller(), parent, name.name(), bytes),
                      seen);
                }));
  }

  int link(long existing, long path) {
    return calls.run(
        Operation.LINK,
        () ->
            calls.withInode(
                existing,
                inode ->
                    calls.withName(
                        path,
                        (parent, name) -> {
                          long seen = calls.paths.changesSoFar();
                          Entry entry = vfs.link(inode.inodeId(), parent, name.name());
                          // The kernel takes the new name for another file.
                          calls.attributesChanged(RequestThread.current().linkedNode());
                          return made(name, entry, seen);
                        })));
  }

  private int made(BytePath path, Entry entry, long seen) {
    calls.paths.publish(path, entry, seen).close();
    return 0;
  }

  int unlink(long path) {
    return calls.run(
        Operation.UNLINK,
        () ->
            calls.withName(
                path,
                (parent, file) -> {
                  Name name = file.name();
                  if (RequestThread.current().opcode() != RequestThread.UNLINK) {
                    // libfuse is done with a hidden file. Nothing of that name is to be removed,
                    // not even if the user has made one since.
                    calls.hidden.drop(parent, name);
                    return 0;
                  }
                  vfs.unlink(parent, name);
                  calls.paths.forgetName(file);
                  return 0;
                }));
  }

  int rmdir(long path) {
    return calls.run(
        Operation.RMDIR,
        () ->
            calls.withName(
                path,
                (parent, directory) -> {
                  vfs.rmdir(parent, directory.name());
                  calls.paths.forgetTree(directory);
                  return 0;
                }));
  }

  int rename(long from, long to) {
    return calls.run(
        Operation.RENAME,
        () -> {
          BytePath source = PathCalls.path(from);
          BytePath target = PathCalls.path(to);
          int opcode = RequestThread.current().opcode();
          if (opcode == RequestThread.UNLINK) {
            hide(source, target, true);
          } else if (opcode == RequestThread.RENAME
              && !Arrays.equals(target.name().bytes(), RequestThread.current().newName())) {
            if ((RequestThread.current().renameFlags() & RequestThread.NO_REPLACE) != 0) {
              throw new FsException(Errno.EEXIST);
            }
            // The user's rename follows at once and replaces the name in one step.
            hide(source, target, false);
          } else {
            move(source, target);
          }
          return 0;
        });
  }

  private void move(BytePath source, BytePath target) throws FsException {
    int flags = RequestThread.current().renameFlags();
    try (InodeReference file = calls.paths.resolve(source);
        InodeReference parent = calls.paths.resolveParent(source);
        InodeReference newParent = calls.paths.resolveParent(target)) {
      vfs.rename(parent.inodeId(), source.name(), newParent.inodeId(), target.name(), flags);
      if (file.isDirectory()) {
        calls.paths.forgetTree(source);
        calls.paths.forgetTree(target);
      } else {
        calls.paths.forgetName(source);
        calls.paths.forgetName(target);
      }
    }
  }

  /** Lets an open file live on without its name, under one that only libfuse knows. */
  private void hide(BytePath path, BytePath hiddenPath, boolean unlink) throws FsException {
    try (InodeReference file = calls.paths.resolve(path);
        InodeReference parent = calls.paths.resolveParent(path)) {
      Name hiddenName = hiddenPath.name();
      calls.hidden.hide(parent.inodeId(), hiddenName, file.retain());
      if (unlink) {
        try {
          vfs.unlink(parent.inodeId(), path.name());
        } catch (FsException e) {
          calls.hidden.drop(parent.inodeId(), hiddenName);
          throw e;
        }
        calls.paths.forgetName(path);
      }
      if (!calls.files.isOpen(file.inodeId())) {
        // Its last close overtook this call and did not find it here.
        calls.hidden.drop(parent.inodeId(), hiddenName);
      }
    }
  }
}
