package io.cachefs.cache.budget;

/** Who can make room when there is too little. Thread-safe. */
public interface Room {
  /** Makes none. */
  Room NONE =
      new Room() {
        @Override
        public void make(long bytes, long files) {}

        @Override
        public void wake() {}
      };

  /** Tries to make so much room, now, in this thread. */
  void make(long bytes, long files);

  /** Says that room is getting scarce; returns at once. */
  void wake();
}
