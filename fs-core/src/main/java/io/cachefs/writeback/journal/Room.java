package io.cachefs.writeback.journal;

/** The space a journal may take on its disk. Thread-safe. */
public interface Room {
  /** Room without end. */
  Room UNLIMITED =
      new Room() {
        @Override
        public boolean reserve(long bytes) {
          return true;
        }

        @Override
        public void count(long bytes) {}

        @Override
        public void release(long bytes) {}
      };

  /** Takes so many bytes; false if they are not to be had. May wait while others make room. */
  boolean reserve(long bytes);

  /**
   * Takes bytes whether they are there or not: those found at opening, and small records without
   * which nothing can be freed. Does not wait; the journal may hold a lock.
   */
  void count(long bytes);

  /**
   * As {@link #reserve}, also of what is kept back for this: to move what is live out of the way,
   * and for records after which something can be freed.
   */
  default boolean reserveToFree(long bytes) {
    return reserve(bytes);
  }

  /**
   * Sees that so many bytes can be reserved soon without waiting; false if they are not to be had.
   * Called without any lock.
   */
  default boolean prepare(long bytes) {
    return true;
  }

  /** Gives bytes back. */
  void release(long bytes);
}
