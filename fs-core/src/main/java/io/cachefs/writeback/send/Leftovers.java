package io.cachefs.writeback.send;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.source.FileId;
import io.cachefs.source.SourceDirectory;
import io.cachefs.source.SourceNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Removes files that an earlier life of this cache did not complete. Thread-safe. Looks once into
 * each directory in which something may have been under way when that life ended.
 */
final class Leftovers {
  private final At at;
  private final Naming naming;
  private final Set<FileId> swept = ConcurrentHashMap.newKeySet();
  private final Set<Name> inUse = ConcurrentHashMap.newKeySet();

  Leftovers(At at, Naming naming) {
    this.at = at;
    this.naming = naming;
  }

  /** From now on until {@link #end} the name is of a file that is being made. */
  void begin(Name temporary) {
    inUse.add(temporary);
  }

  void end(Name temporary) {
    inUse.remove(temporary);
  }

  void sweep(SourceNode directory) throws FsException {
    if (!swept.add(directory.id())) {
      return;
    }
    boolean done = false;
    try {
      for (Name name : found(directory)) {
        if (!inUse.contains(name)) {
          remove(directory, name);
        }
      }
      done = true;
    } finally {
      if (!done) {
        swept.remove(directory.id());
      }
    }
  }

  private List<Name> found(SourceNode directory) throws FsException {
    List<Name> found = new ArrayList<>();
    try (SourceDirectory open = at.source.openDirectory(directory)) {
      open.list(
          0,
          (name, length, inode, type, next) -> {
            if (naming.isTemporary(name, length)) {
              found.add(Name.of(Arrays.copyOf(name, length)));
            }
            return true;
          });
    }
    return found;
  }

  private void remove(SourceNode directory, Name name) throws FsException {
    try {
      at.source.unlink(directory, name);
    } catch (FsException e) {
      if (e.errno() == Errno.EISDIR || e.errno() == Errno.EPERM) {
        at.source.rmdir(directory, name);
      } else if (e.errno() != Errno.ENOENT) {
        throw e;
      }
    }
  }
}
