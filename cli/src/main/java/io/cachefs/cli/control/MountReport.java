package io.cachefs.cli.control;

import org.jspecify.annotations.Nullable;

/**
 * A mount of the mount table and what could be learned about it.
 *
 * @param mountPoint where it is
 * @param source what the mount table calls its source
 * @param state whether its server answers
 * @param pid the process that serves it, or 0 if unknown
 * @param status what the server says, if it answers
 */
public record MountReport(
    String mountPoint, String source, State state, long pid, @Nullable MountStatus status) {
  /** Whether the server of a mount answers. */
  public enum State {
    RUNNING("running"),
    NOT_ANSWERING("not answering"),
    DEAD("dead"),
    UNKNOWN("of another user");

    private final String words;

    State(String words) {
      this.words = words;
    }

    /** Returns the state in words. */
    public String words() {
      return words;
    }
  }
}
