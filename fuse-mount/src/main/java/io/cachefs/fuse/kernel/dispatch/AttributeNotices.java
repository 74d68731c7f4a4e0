package io.cachefs.fuse.kernel.dispatch;

/** Tells the kernel that the attributes it knows of an inode may be old. Never blocks. */
public interface AttributeNotices {
  void attributesChanged(long inodeId);
}
