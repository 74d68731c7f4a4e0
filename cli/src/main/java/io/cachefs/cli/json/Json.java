package io.cachefs.cli.json;

import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes values as JSON: {@link Map} with text keys, {@link List}, {@link CharSequence}, {@link
 * Number}, {@link Boolean} and null.
 */
public final class Json {
  private final StringBuilder out = new StringBuilder();
  private final boolean indented;

  private Json(boolean indented) {
    this.indented = indented;
  }

  /** Returns the value on one line. */
  public static String line(@Nullable Object value) {
    Json json = new Json(false);
    json.value(value, 0);
    return json.out.toString();
  }

  /** Returns the value on several lines, for people to read as well. */
  public static String pretty(@Nullable Object value) {
    Json json = new Json(true);
    json.value(value, 0);
    return json.out.toString();
  }

  /** Returns what {@link JsonReader} makes of one JSON text. */
  public static @Nullable Object parse(String text) {
    return new JsonReader(text).read();
  }

  private void value(@Nullable Object value, int depth) {
    if (value == null || value instanceof Boolean) {
      out.append(value);
    } else if (value instanceof Double number && !Double.isFinite(number)) {
      out.append("null");
    } else if (value instanceof Number) {
      out.append(value);
    } else if (value instanceof Map<?, ?> map) {
      object(map, depth);
    } else if (value instanceof List<?> list) {
      array(list, depth);
    } else {
      text(value.toString());
    }
  }

  private void object(Map<?, ?> map, int depth) {
    out.append('{');
    Iterator<? extends Map.Entry<?, ?>> entries = map.entrySet().iterator();
    while (entries.hasNext()) {
      Map.Entry<?, ?> entry = entries.next();
      newLine(depth + 1);
      text(String.valueOf(entry.getKey()));
      out.append(indented ? ": " : ":");
      value(entry.getValue(), depth + 1);
      out.append(entries.hasNext() ? "," : "");
    }
    close(map.isEmpty(), depth, '}');
  }

  private void array(List<?> list, int depth) {
    out.append('[');
    for (int i = 0; i < list.size(); i++) {
      newLine(depth + 1);
      value(list.get(i), depth + 1);
      out.append(i + 1 < list.size() ? "," : "");
    }
    close(list.isEmpty(), depth, ']');
  }

  private void close(boolean empty, int depth, char bracket) {
    if (!empty) {
      newLine(depth);
    }
    out.append(bracket);
  }

  private void newLine(int depth) {
    if (indented) {
      out.append('\n').append("  ".repeat(depth));
    }
  }

  private void text(String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\t' -> out.append("\\t");
        case '\r' -> out.append("\\r");
        default -> {
          if (c < 0x20 || c == 0x7f || Character.isSurrogate(c)) {
            out.append(String.format("\\u%04x", (int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }
}
