package io.cachefs.cli.control;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Does what clients of a mount ask for. Thread-safe. */
public interface ControlHandler {
  /**
   * Answers one request.
   *
   * @param name what is asked for
   * @param request the whole message
   * @param task how the work is followed and ended early
   * @return the result, to be sent as JSON
   * @throws ControlRefusal if it cannot be done; the message is for the user
   */
  Map<String, @Nullable Object> handle(String name, Map<?, ?> request, ControlTask task)
      throws ControlRefusal;
}
