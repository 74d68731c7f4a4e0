package io.cachefs.testing.model;

import io.cachefs.testing.posix.PosixException;
import java.util.function.Function;

/**
 * One operation, to be done on several file systems.
 *
 * @param text what it does, for people
 */
public record Operation(String text, Function<FileActions, Object> body) {
  /** Does it and answers what can be compared: the value, or the errno. */
  public Object outcome(FileActions files) {
    try {
      return body.apply(files);
    } catch (PosixException e) {
      return e.errno();
    }
  }

  @Override
  public String toString() {
    return text;
  }
}
