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

  /** A line is never longer: room for a request with 100,000 paths of 300 bytes. */
  static final int MAX_LINE_BYTES = 32 << 20;

  static final String STATUS = "status";

  private ControlMessages() {}

  static String request(String name, Map<String, ? extends @Nullable Object> fields) {
    Map<String, @Nullable Object> json = new LinkedHashMap<>(fields);
    json.put("cachefs", VERSION);
    json.put("request", name);
    return Json.line(json) + "\n";
  }

  /** A sign of life while a request is worked on. */
  static String progress(Map<String, ? extends @Nullable Object> soFar) {
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("cachefs", VERSION);
    json.put("progress", soFar);
    return Json.line(json) + "\n";
  }

  static String answer(Map<String, ? extends @Nullable Object> result) {
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
