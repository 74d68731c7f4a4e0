package io.cachefs.cache.data;

/** When kept bytes are compared with their checksum. */
public enum Verification {
  /** Never. */
  NONE,
  /** When they are read the first time after they were fetched, or after a restart. */
  FETCH,
  /** When they are read the first time after a restart or after a while. */
  READ,
  /** Each time. */
  FULL
}
