package io.cachefs.engine.config;

/** What has happened to written bytes when {@code write} returns. */
public enum WriteMode {
  /** The source has them, and so has the cache once the file is closed. */
  WRITE_THROUGH,
  /** The source has them; the cache has nothing of the file until it is read again. */
  WRITE_AROUND,
  /** The journal of the cache has them; the source gets them later. For all files or for none. */
  WRITE_BACK
}
