package io.cachefs.cli.config;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Reads the part of TOML that settings need: tables, arrays of tables, comments, and keys whose
 * value is a string, an integer, a boolean, or an array of these. Owned by one thread.
 */
public final class TomlReader {
  private static final int END = -1;

  private final String text;
  private final List<TomlEntry> entries = new ArrayList<>();
  private final Set<String> seen = new HashSet<>();
  private int at;
  private int line = 1;
  private String table = "";
  private int tableNumber;

  private TomlReader(String text) {
    this.text = text;
  }

  /** Returns the entries in their order. */
  public static List<TomlEntry> read(String text) throws TomlException {
    TomlReader reader = new TomlReader(text.replace("\r\n", "\n"));
    reader.readAll();
    return reader.entries;
  }

  private void readAll() throws TomlException {
    skipBlank();
    while (peek() != END) {
      if (peek() == '[') {
        readTable();
      } else {
        readEntry();
      }
      endLine();
      skipBlank();
    }
  }

  private void readTable() throws TomlException {
    at++;
    boolean isArray = peek() == '[';
    if (isArray) {
      at++;
    }
    skipSpace();
    table = key();
    skipSpace();
    expect(']');
    if (isArray) {
      expect(']');
    }
    tableNumber++;
    String mark = isArray ? "[[" + table + "]]" : "[" + table + "]";
    boolean isNew = seen.add(mark);
    if (seen.contains(isArray ? "[" + table + "]" : "[[" + table + "]]") || !(isNew || isArray)) {
      throw wrong("the table " + mark + " is there twice");
    }
  }

  private void readEntry() throws TomlException {
    int start = line;
    String key = key();
    skipSpace();
    expect('=');
    skipSpace();
    List<String> values = new ArrayList<>();
    if (peek() == '[') {
      readArray(values);
    } else {
      values.add(scalar());
    }
    if (!seen.add(tableNumber + "." + key)) {
      throw new TomlException(start, "the key '" + key + "' is there twice");
    }
    entries.add(new TomlEntry(table, tableNumber, key, values, start));
  }

  private void readArray(List<String> values) throws TomlException {
    expect('[');
    skipBlank();
    while (peek() != ']') {
      values.add(scalar());
      skipBlank();
      if (peek() == ',') {
        at++;
        skipBlank();
      } else if (peek() != ']') {
        throw wrong("wanted ',' or ']' in the array");
      }
    }
    at++;
  }

  private String key() throws TomlException {
    if (peek() == '"' || peek() == '\'') {
      return quoted();
    }
    int start = at;
    while (isBare(peek())) {
      at++;
    }
    if (start == at) {
      throw wrong("wanted a name");
    }
    return text.substring(start, at);
  }

  private static boolean isBare(int c) {
    return c == '_' || c == '-' || (c < 0x80 && Character.isLetterOrDigit(c));
  }

  private String scalar() throws TomlException {
    if (peek() == '"' || peek() == '\'') {
      return quoted();
    }
    int start = at;
    while (isBare(peek()) || peek() == '+' || peek() == '.') {
      at++;
    }
    String word = text.substring(start, at);
    if (word.equals("true") || word.equals("false")) {
      return word;
    }
    if (word.matches("[+-]?\\d+(_\\d+)*")) {
      return word.replace("_", "").replace("+", "");
    }
    throw wrong(
        word.isEmpty()
            ? "wanted a value"
            : "the value " + word + " needs quotes: \"" + word + "\"");
  }

  private String quoted() throws TomlException {
    int quote = peek();
    at++;
    StringBuilder out = new StringBuilder();
    while (peek() != quote) {
      int c = peek();
      if (c == END || c == '\n') {
        throw wrong("the string does not end in its line");
      }
      at++;
      out.append(c == '\\' && quote == '"' ? escaped() : String.valueOf((char) c));
    }
    at++;
    return out.toString();
  }

  private String escaped() throws TomlException {
    int c = peek();
    at++;
    return switch (c) {
      case 'n' -> "\n";
      case 't' -> "\t";
      case 'r' -> "\r";
      case '"', '\\' -> String.valueOf((char) c);
      case 'u' -> unicode(4);
      case 'U' -> unicode(8);
      default -> throw wrong("an unknown escape after '\\' in a string");
    };
  }

  private String unicode(int digits) throws TomlException {
    String hex = text.substring(at, Math.min(text.length(), at + digits));
    at += hex.length();
    if (!hex.matches("[0-9a-fA-F]{" + digits + "}")) {
      throw wrong("'" + hex + "' is not the number of a character");
    }
    long code = Long.parseLong(hex, 16);
    if (code > Character.MAX_CODE_POINT) {
      throw wrong("'" + hex + "' is not the number of a character");
    }
    return Character.toString((int) code);
  }

  private void endLine() throws TomlException {
    skipSpace();
    skipComment();
    if (peek() != '\n' && peek() != END) {
      throw wrong("unexpected '" + (char) peek() + "' after the value");
    }
  }

  private void skipSpace() {
    while (peek() == ' ' || peek() == '\t') {
      at++;
    }
  }

  private void skipComment() {
    if (peek() == '#') {
      while (peek() != '\n' && peek() != END) {
        at++;
      }
    }
  }

  private void skipBlank() {
    skipSpace();
    skipComment();
    while (peek() == '\n') {
      at++;
      line++;
      skipSpace();
      skipComment();
    }
  }

  private void expect(char c) throws TomlException {
    if (peek() != c) {
      throw wrong("wanted '" + c + "'");
    }
    at++;
  }

  private int peek() {
    return at < text.length() ? text.charAt(at) : END;
  }

  private TomlException wrong(String message) {
    return new TomlException(line, message);
  }
}
