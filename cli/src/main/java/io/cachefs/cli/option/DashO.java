package io.cachefs.cli.option;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The options of {@code -o}, as mount(8), fstab and systemd hand them to a mount program. */
final class DashO {
  /** Words for mount(8) itself, which it may pass on to us. */
  private static final Set<String> FOR_OTHERS =
      Set.of(
          "defaults",
          "auto",
          "noauto",
          "user",
          "users",
          "nouser",
          "owner",
          "group",
          "nofail",
          "_netdev",
          "async",
          "atime",
          "noatime",
          "relatime",
          "norelatime",
          "strictatime",
          "diratime",
          "nodiratime",
          "lazytime",
          "nolazytime");

  private static final Map<String, Consumer<MountSettings>> WORDS =
      Map.ofEntries(
          Map.entry("allow_other", settings -> settings.allowOther = true),
          Map.entry("default_permissions", settings -> settings.defaultPermissions = true),
          Map.entry("ro", settings -> settings.readOnly = true),
          Map.entry("rw", settings -> settings.readOnly = false),
          Map.entry("suid", settings -> settings.allowSetUid = true),
          Map.entry("nosuid", settings -> settings.allowSetUid = false),
          Map.entry("dev", settings -> settings.allowDevices = true),
          Map.entry("nodev", settings -> settings.allowDevices = false),
          Map.entry("exec", settings -> settings.allowExecute = true),
          Map.entry("noexec", settings -> settings.allowExecute = false),
          Map.entry("nonempty", settings -> settings.nonEmpty = true));

  private static final Map<String, BiConsumer<MountSettings, String>> VALUES =
      Map.ofEntries(
          Map.entry("uid", (settings, value) -> settings.uid = Units.id(value)),
          Map.entry("gid", (settings, value) -> settings.gid = Units.id(value)),
          Map.entry("umask", (settings, value) -> settings.umask = Units.octal(value)),
          Map.entry("fsname", (settings, value) -> settings.fsName = Units.text(value)),
          Map.entry("max_read", (settings, value) -> settings.maxRead = Units.size(value)),
          Map.entry(
              "attr_timeout",
              (settings, value) -> settings.attributeTimeout = Units.duration(value)),
          Map.entry(
              "entry_timeout", (settings, value) -> settings.entryTimeout = Units.duration(value)),
          Map.entry(
              "negative_timeout",
              (settings, value) -> settings.negativeTimeout = Units.duration(value)));

  private DashO() {}

  /** Applies options separated by commas; {@code \,} is a comma in a value. */
  static void apply(String options, MountSettings settings) {
    for (String option : split(options)) {
      applyOne(option, settings);
    }
  }

  private static void applyOne(String option, MountSettings settings) {
    if (option.isEmpty() || FOR_OTHERS.contains(option) || option.startsWith("x-")) {
      return;
    }
    int equals = option.indexOf('=');
    String name = equals < 0 ? option : option.substring(0, equals);
    if (equals < 0) {
      Consumer<MountSettings> word = WORDS.get(name);
      if (word != null) {
        word.accept(settings);
        return;
      }
    } else {
      BiConsumer<MountSettings, String> setter = VALUES.get(name);
      if (setter != null) {
        applyValue(name, option.substring(equals + 1), setter, settings);
        return;
      }
      if (name.equals("comment")) {
        return;
      }
    }
    if (!applyCache(name, equals < 0 ? null : option.substring(equals + 1), settings)) {
      throw new IllegalArgumentException("unknown option '" + option + "' after -o");
    }
  }

  /** Keeps an option of the cache for later; {@code no_watch} is the opposite of a switch. */
  private static boolean applyCache(String name, @Nullable String value, MountSettings settings) {
    CacheKey key = CacheKeys.find(name).orElse(null);
    if (key != null && key.isSwitch() == (value == null)) {
      settings.cache(key.name(), value == null ? "true" : value);
      return true;
    }
    CacheKey opposite =
        name.startsWith("no_") ? CacheKeys.find(name.substring(3)).orElse(null) : null;
    if (opposite != null && opposite.isSwitch() && value == null) {
      settings.cache(opposite.name(), "false");
      return true;
    }
    return false;
  }

  private static void applyValue(
      String name, String value, BiConsumer<MountSettings, String> setter, MountSettings settings) {
    try {
      setter.accept(settings, value);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("-o " + name + ": " + e.getMessage(), e);
    }
  }

  private static List<String> split(String options) {
    List<String> parts = new ArrayList<>();
    StringBuilder part = new StringBuilder();
    for (int i = 0; i < options.length(); i++) {
      char c = options.charAt(i);
      if (c == '\\' && i + 1 < options.length()) {
        i++;
        part.append(options.charAt(i));
      } else if (c == ',') {
        parts.add(part.toString());
        part.setLength(0);
      } else {
        part.append(c);
      }
    }
    parts.add(part.toString());
    return parts;
  }
}
