package io.cachefs.store.lmdb;

/** A data file is not what LMDB wrote. */
final class DamagedFileException extends Exception {
  private static final long serialVersionUID = 1L;

  DamagedFileException(String message) {
    super(message, null, false, false);
  }
}
