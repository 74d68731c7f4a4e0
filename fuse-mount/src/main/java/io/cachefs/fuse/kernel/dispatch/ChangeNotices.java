package io.cachefs.fuse.kernel.dispatch;

/** Tells the kernel what it may no longer use. Thread-safe; never blocks. */
public interface ChangeNotices {
  /** Nothing is told. */
  ChangeNotices NONE =
      new ChangeNotices() {
        @Override
        public void attributesChanged(long inodeId) {}

        @Override
        public void forgotten(long inodeId) {}

        @Override
        public long longestNameLifetime() {
          return Long.MAX_VALUE;
        }

        @Override
        public long announced() {
          return 0;
        }

        @Override
        public boolean announcedSince(long before, long inodeId) {
          return false;
        }
      };

  /** Lets the kernel ask again for the attributes of an inode. */
  void attributesChanged(long inodeId);

  /** The kernel does not know an inode any more. */
  void forgotten(long inodeId);

  /** Returns for how many nanoseconds the kernel may use a name, for messages can get lost. */
  long longestNameLifetime();

  /**
   * Returns how often the file system announced that something is not what it said before. The
   * number grows before the kernel is told, and after the file system gives the new answer.
   */
  long announced();

  /**
   * Returns whether something of an inode, or a name in it, was announced since {@link #announced}
   * was {@code before}; true also if that is not known any more.
   */
  boolean announcedSince(long before, long inodeId);
}
