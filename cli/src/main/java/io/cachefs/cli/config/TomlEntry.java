package io.cachefs.cli.config;

import java.util.List;

/**
 * One key of a configuration file.
 *
 * @param table the name of the table it is in; empty for the top
 * @param tableNumber counts the tables of the file, so that two of the same name can be told apart
 * @param key as it is written
 * @param values as text: one, or those of an array
 * @param line where it begins, counted from 1
 */
public record TomlEntry(String table, int tableNumber, String key, List<String> values, int line) {
  public TomlEntry {
    values = List.copyOf(values);
  }
}
