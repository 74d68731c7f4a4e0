package io.cachefs.cache.files;

/** Whether changes in one directory are reported since some moment. Thread-safe. */
final class Watch {
  /** Questions after this one were asked while it was watched. */
  private final long since;

  private volatile boolean alive = true;

  Watch(long since) {
    this.since = since;
  }

  /** Returns whether the answer to a question is right until a change is reported. */
  boolean covers(long question) {
    return alive && question > since;
  }

  boolean isAlive() {
    return alive;
  }

  /** From now on nothing is valid because of this watch. */
  void end() {
    alive = false;
  }
}
