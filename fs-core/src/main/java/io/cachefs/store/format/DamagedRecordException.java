package io.cachefs.store.format;

/** Bytes that are not a record: their checksum is wrong, or they make no sense. */
public final class DamagedRecordException extends Exception {
  private static final long serialVersionUID = 1L;

  public DamagedRecordException(String message) {
    super(message, null, false, false);
  }
}
