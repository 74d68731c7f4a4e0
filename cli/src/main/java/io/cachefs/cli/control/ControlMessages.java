package io.cachefs.cli.control;

import io.cachefs.cli.json.Json;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The lines of the protocol. Each side names its version; another version is answered and refused.
 */
final class ControlMessages {
  /** Raised when a line changes in a way that the other side cannot read. */
  static final long VERSION = 1;

  /** A line is never longer; the longest, a status with every operation, has about 6 KiB. */
  static final int MAX_LINE_BYTES = 1 << 20;

  static final String STATUS = "status";

  private ControlMessages() {}

  static String request(String name) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("cachefs", VERSION);
    json.put("request", name);
    return Json.line(json) + "\n";
  }

  static String answer(Map<String, @Nullable Object> result) {
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("cachefs", VERSION);
    json.put("result", result);
    return Json.line(json) + "\n";
  }

  static String refusal(String reason) {
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("cachefs", VERSION);
    json.put("error", reason);
    return Json.line(json) + "\n";
  }

  /** Returns the object of a line, or throws {@link IllegalArgumentException} with the reason. */
  static Map<?, ?> parse(String line) {
    if (!(Json.parse(line) instanceof Map<?, ?> message)) {
      throw new IllegalArgumentException("not a JSON object");
    }
    if (!Long.valueOf(VERSION).equals(message.get("cachefs"))) {
      throw new IllegalArgumentException(
          "the other side speaks version "
              + message.get("cachefs")
              + " of the control protocol, this one speaks "
              + VERSION);
    }
    return message;
  }
}
