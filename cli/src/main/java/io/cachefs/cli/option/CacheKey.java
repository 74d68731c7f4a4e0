package io.cachefs.cli.option;

import java.util.List;
import java.util.function.BiConsumer;

/**
 * One setting of the cache: a flag, an option after -o, and a key of the configuration file.
 *
 * @param name as a flag without the dashes
 * @param label what the value is called in the help; empty for a switch
 * @param description for the help
 * @param isList whether it may be given several times
 * @param use takes over the values; throws {@link IllegalArgumentException} with a reason
 */
record CacheKey(
    String name,
    String label,
    String description,
    boolean isList,
    BiConsumer<CacheChoice, List<String>> use) {

  boolean isSwitch() {
    return label.isEmpty();
  }

  /** One value; of several the last counts. */
  static CacheKey value(
      String name, String label, String description, BiConsumer<CacheChoice, String> use) {
    return new CacheKey(
        name,
        label,
        description,
        false,
        (choice, values) -> use.accept(choice, values.get(values.size() - 1)));
  }

  /** On or off. */
  static CacheKey onOff(String name, String description, BiConsumer<CacheChoice, Boolean> use) {
    return new CacheKey(
        name,
        "",
        description,
        false,
        (choice, values) -> use.accept(choice, Units.onOff(values.get(values.size() - 1))));
  }

  /** Any number of values, all of them. */
  static CacheKey list(
      String name, String label, String description, BiConsumer<CacheChoice, List<String>> use) {
    return new CacheKey(name, label, description, true, use);
  }
}
