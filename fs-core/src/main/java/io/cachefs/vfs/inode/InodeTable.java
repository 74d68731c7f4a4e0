package io.cachefs.vfs.inode;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.source.FileId;
import io.cachefs.source.SourceNode;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** All inodes that are handed out. Thread-safe. */
public final class InodeTable {
  private final SlotTable<Inode> byNumber = new SlotTable<>();
  private final Map<FileId, Inode> byFile = new ConcurrentHashMap<>();
  private final Inode root;

  /** The root is inode 1 and is never forgotten. */
  public InodeTable(SourceNode rootNode) {
    root = byNumber.add(number -> new Inode(number, rootNode));
    byFile.put(rootNode.id(), root);
  }

  /** Returns the inode of a file just found, with one more reference. */
  public Inode reference(SourceNode found) {
    Inode inode =
        byFile.compute(
            found.id(),
            (id, known) -> {
              Inode named =
                  known != null ? known : byNumber.add(number -> new Inode(number, found));
              named.addReferences(1);
              return named;
            });
    inode.node().absorb(found);
    return inode;
  }

  /** Returns the inode with this number; a number that is not handed out is ESTALE. */
  public Inode get(long number) throws FsException {
    Inode inode = byNumber.find(number);
    if (inode == null) {
      throw new FsException(Errno.ESTALE);
    }
    return inode;
  }

  /** Returns the inode with this number if it is handed out. */
  public @Nullable Inode find(long number) {
    return byNumber.find(number);
  }

  /** Returns the inode of a file if it is handed out. */
  public @Nullable Inode find(FileId file) {
    return byFile.get(file);
  }

  /** Takes references back; with the last one the number ends. */
  public void forget(long number, long count) {
    Inode inode = byNumber.find(number);
    if (inode == null || inode == root) {
      return;
    }
    Inode left =
        byFile.computeIfPresent(
            inode.node().id(),
            (id, known) -> {
              if (known != inode) {
                return known;
              }
              known.addReferences(-count);
              if (known.references() > 0) {
                return known;
              }
              byNumber.remove(number);
              return null;
            });
    if (left == null) {
      inode.forgotten();
    }
  }

  /** Returns how many inodes are handed out, the root included. */
  public int size() {
    return byFile.size();
  }

  /** Ends all inodes but the root. */
  public void clear() {
    for (Inode inode : byNumber.all()) {
      forget(inode.id(), Long.MAX_VALUE);
    }
  }
}
