package io.cachefs.cli.option;

import io.cachefs.cli.config.TomlEntry;
import io.cachefs.cli.config.TomlException;
import io.cachefs.cli.config.TomlReader;
import java.util.ArrayList;
import java.util.List;

/**
 * Applies a configuration file: keys at the top or in the table {@code cache}, and rules in tables
 * {@code [[rule]]} with the key {@code glob} and {@code consistency} or {@code mode}, or both.
 */
final class SettingsFile {
  private final CacheChoice choice;
  private final List<String> rules = new ArrayList<>();
  private final List<String> writeRules = new ArrayList<>();

  // The rule being read.
  private int ruleNumber;
  private int ruleLine;
  private String glob = "";
  private String consistency = "";
  private String mode = "";

  private SettingsFile(CacheChoice choice) {
    this.choice = choice;
  }

  static void apply(String text, CacheChoice choice) throws TomlException {
    SettingsFile file = new SettingsFile(choice);
    for (TomlEntry entry : TomlReader.read(text)) {
      file.take(entry);
    }
    file.endRule();
    if (!file.rules.isEmpty()) {
      choice.rules(file.rules);
    }
    if (!file.writeRules.isEmpty()) {
      choice.writeRules(file.writeRules);
    }
  }

  private void take(TomlEntry entry) throws TomlException {
    switch (entry.table()) {
      case "", "cache" -> use(entry);
      case "rule" -> takeRule(entry);
      default -> throw new TomlException(entry.line(), "unknown table '" + entry.table() + "'");
    }
  }

  private void use(TomlEntry entry) throws TomlException {
    boolean isOpposite = entry.key().startsWith("no-") || entry.key().startsWith("no_");
    String name = isOpposite ? entry.key().substring(3) : entry.key();
    CacheKey key =
        CacheKeys.find(name)
            .filter(found -> found.isSwitch() || !isOpposite)
            .orElseThrow(
                () -> new TomlException(entry.line(), "unknown key '" + entry.key() + "'"));
    if (entry.values().isEmpty()) {
      return;
    }
    if (entry.values().size() > 1 && !key.isList()) {
      throw new TomlException(entry.line(), entry.key() + " has one value, not several");
    }
    try {
      List<String> values = entry.values();
      if (isOpposite) {
        values = List.of(Boolean.toString(!Units.onOff(values.get(0))));
      }
      key.use().accept(choice, values);
    } catch (IllegalArgumentException e) {
      throw new TomlException(entry.line(), entry.key() + ": " + e.getMessage());
    }
  }

  private void takeRule(TomlEntry entry) throws TomlException {
    if (entry.tableNumber() != ruleNumber) {
      endRule();
      ruleNumber = entry.tableNumber();
      ruleLine = entry.line();
    }
    String value = String.join("", entry.values());
    switch (entry.key()) {
      case "glob" -> glob = value;
      case "consistency" -> consistency = value;
      case "mode" -> mode = value;
      default ->
          throw new TomlException(entry.line(), "unknown key '" + entry.key() + "' of a rule");
    }
  }

  private void endRule() throws TomlException {
    if (ruleNumber == 0) {
      return;
    }
    if (glob.isEmpty() || (consistency.isEmpty() && mode.isEmpty())) {
      throw new TomlException(ruleLine, "a rule needs a glob and a consistency or a mode");
    }
    try {
      // Each rule is tried alone, so that the message has its line.
      CacheChoice alone = new CacheChoice();
      if (!consistency.isEmpty()) {
        alone.rules(List.of(glob + "=" + consistency));
        rules.add(glob + "=" + consistency);
      }
      if (!mode.isEmpty()) {
        alone.writeRules(List.of(glob + "=" + mode));
        writeRules.add(glob + "=" + mode);
      }
    } catch (IllegalArgumentException e) {
      throw new TomlException(ruleLine, String.valueOf(e.getMessage()));
    }
    ruleNumber = 0;
    glob = "";
    consistency = "";
    mode = "";
  }
}
