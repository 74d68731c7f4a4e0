package io.cachefs.vfs;

import io.cachefs.base.Name;
import io.cachefs.source.FileId;
import io.cachefs.source.SourceListener;
import io.cachefs.vfs.inode.Inode;
import io.cachefs.vfs.inode.InodeTable;
import org.jspecify.annotations.Nullable;

/** Passes on what a source tells of files that somebody knows by inode. Thread-safe. */
final class ToldByInode implements SourceListener {
  private final InodeTable inodes;
  private volatile @Nullable VfsListener listener;

  ToldByInode(InodeTable inodes) {
    this.inodes = inodes;
  }

  void tell(@Nullable VfsListener newListener) {
    listener = newListener;
  }

  @Override
  public void attributesChanged(FileId file) {
    inodeChanged(file, true);
  }

  @Override
  public void contentChanged(FileId file) {
    inodeChanged(file, false);
  }

  @Override
  public void listingChanged(FileId directory) {
    inodeChanged(directory, false);
  }

  private void inodeChanged(FileId file, boolean attributesOnly) {
    VfsListener hears = listener;
    Inode inode = hears == null ? null : inodes.find(file);
    if (hears != null && inode != null) {
      hears.inodeChanged(inode.id(), attributesOnly);
    }
  }

  @Override
  public void nameChanged(FileId directory, Name name) {
    VfsListener hears = listener;
    Inode inode = hears == null ? null : inodes.find(directory);
    if (hears != null && inode != null) {
      hears.nameChanged(inode.id(), name);
    }
  }
}
