package io.cachefs.cli.json;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads one JSON text. Owned by one thread. Throws {@link IllegalArgumentException} otherwise. */
final class JsonReader {
  /** Deeper than any answer of ours, and far from the end of the stack. */
  private static final int MAX_DEPTH = 32;

  private final String text;
  private int at;

  JsonReader(String text) {
    this.text = text;
  }

  @Nullable Object read() {
    Object value = value(0);
    space();
    if (at != text.length()) {
      throw wrong("the end");
    }
    return value;
  }

  private @Nullable Object value(int depth) {
    if (depth > MAX_DEPTH) {
      throw wrong("less depth");
    }
    space();
    char c = peek();
    return switch (c) {
      case '{' -> object(depth);
      case '[' -> array(depth);
      case '"' -> text();
      case 't' -> word("true", true);
      case 'f' -> word("false", false);
      case 'n' -> word("null", null);
      default -> number();
    };
  }

  private Map<String, @Nullable Object> object(int depth) {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    at++;
    space();
    if (peek() == '}') {
      at++;
      return map;
    }
    while (true) {
      space();
      String key = text();
      space();
      expect(':');
      map.put(key, value(depth + 1));
      space();
      if (peek() == '}') {
        at++;
        return map;
      }
      expect(',');
    }
  }

  private List<@Nullable Object> array(int depth) {
    List<@Nullable Object> list = new ArrayList<>();
    at++;
    space();
    if (peek() == ']') {
      at++;
      return list;
    }
    while (true) {
      list.add(value(depth + 1));
      space();
      if (peek() == ']') {
        at++;
        return list;
      }
      expect(',');
    }
  }

  private String text() {
    expect('"');
    StringBuilder out = new StringBuilder();
    while (true) {
      char c = peek();
      at++;
      if (c == '"') {
        return out.toString();
      }
      if (c == '\\') {
        out.append(escaped());
      } else if (c < 0x20) {
        throw wrong("no control character");
      } else {
        out.append(c);
      }
    }
  }

  private char escaped() {
    char c = peek();
    at++;
    return switch (c) {
      case 'n' -> '\n';
      case 't' -> '\t';
      case 'r' -> '\r';
      case 'b' -> '\b';
      case 'f' -> '\f';
      case '"', '\\', '/' -> c;
      case 'u' -> {
        if (at + 4 > text.length()) {
          throw wrong("four digits");
        }
        int code = Integer.parseInt(text, at, at + 4, 16);
        at += 4;
        yield (char) code;
      }
      default -> throw wrong("an escape");
    };
  }

  private Object number() {
    int start = at;
    while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
    String digits = text.substring(start, at);
    if (digits.isEmpty()) {
      throw wrong("a value");
    }
    if (digits.chars().anyMatch(c -> c == '.' || c == 'e' || c == 'E')) {
      return Double.valueOf(digits);
    }
    return Long.valueOf(digits);
  }

  private @Nullable Object word(String word, @Nullable Object value) {
    if (!text.startsWith(word, at)) {
      throw wrong(word);
    }
    at += word.length();
    return value;
  }

  private void expect(char c) {
    if (peek() != c) {
      throw wrong("'" + c + "'");
    }
    at++;
  }

  private char peek() {
    if (at >= text.length()) {
      throw wrong("more");
    }
    return text.charAt(at);
  }

  private void space() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  private IllegalArgumentException wrong(String wanted) {
    return new IllegalArgumentException("not JSON: wanted " + wanted + " at character " + at);
  }
}
