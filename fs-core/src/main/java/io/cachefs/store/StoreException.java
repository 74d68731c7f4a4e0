package io.cachefs.store;

/**
 * The local disk did not do what was asked: it is full, read-only, damaged or gone. The cache then
 * goes on without it; a user never sees this as an error of a file.
 */
public final class StoreException extends Exception {
  private static final long serialVersionUID = 1;

  public StoreException(String message) {
    super(message);
  }

  public StoreException(String message, Throwable cause) {
    super(message, cause);
  }
}
