package io.cachefs.cli.option;

import io.cachefs.cli.config.TomlException;
import io.cachefs.engine.config.CacheSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/**
 * The flags that say how a cache behaves. A flag wins over the same option after -o, and that over
 * the configuration file.
 */
public final class CacheFlags {
  private static final String CONFIG = "--config";

  private static final List<String> HEADINGS =
      List.of(
          "%nThe cache and its limits:%n",
          "%nWhen the source is asked again, and what writes do:%n",
          "%nWhat is cached and how it is fetched:%n",
          "%nHow changes are kept and sent with --mode=write-back:%n");

  private CacheFlags() {}

  /** Adds them to a command. */
  public static void addTo(CommandLine command) {
    CommandSpec spec = command.getCommandSpec();
    List<List<CacheKey>> groups = CacheKeys.groups();
    for (int i = 0; i < groups.size(); i++) {
      ArgGroupSpec.Builder group =
          ArgGroupSpec.builder().exclusive(false).validate(false).heading(HEADINGS.get(i)).order(i);
      groups.get(i).forEach(key -> group.addArg(option(key)));
      if (i == 0) {
        group.addArg(
            OptionSpec.builder(CONFIG)
                .paramLabel("FILE")
                .type(Path.class)
                .description("Read these settings from a TOML file; flags win over it.")
                .build());
      }
      spec.addArgGroup(group.build());
    }
  }

  private static OptionSpec option(CacheKey key) {
    OptionSpec.Builder option =
        OptionSpec.builder("--" + key.name()).description(key.description());
    if (key.isSwitch()) {
      return option.type(Boolean.class).arity("0").negatable(true).build();
    }
    option.paramLabel(key.label());
    return key.isList()
        ? option.type(List.class).auxiliaryTypes(String.class).arity("1").build()
        : option.type(String.class).arity("1").build();
  }

  /**
   * Returns what was chosen.
   *
   * @param dashO those options after -o that are of the cache
   * @param standard where the cache is kept if nothing else is said
   * @return the settings, or null for no cache
   */
  public static @Nullable CacheSettings settings(
      CommandSpec spec, Map<String, List<String>> dashO, Path standard) {
    CacheChoice choice = new CacheChoice();
    OptionSpec config = spec.findOption(CONFIG);
    Path file = config == null ? null : config.getValue();
    if (file != null) {
      applyFile(spec, file, choice);
    }
    dashO.forEach(
        (name, values) ->
            CacheKeys.find(name).ifPresent(key -> apply(spec, "-o " + name, key, values, choice)));
    for (List<CacheKey> group : CacheKeys.groups()) {
      for (CacheKey key : group) {
        List<String> given = given(spec.findOption("--" + key.name()));
        if (!given.isEmpty()) {
          apply(spec, "--" + key.name(), key, given, choice);
        }
      }
    }
    if (!choice.cached) {
      return null;
    }
    try {
      Path place = choice.directory == null ? standard : choice.directory;
      return choice.toSettings(place.toAbsolutePath().normalize());
    } catch (IllegalArgumentException e) {
      throw usage(spec, String.valueOf(e.getMessage()), e);
    }
  }

  private static List<String> given(@Nullable OptionSpec option) {
    Object value = option == null ? null : option.getValue();
    if (value == null) {
      return List.of();
    }
    if (value instanceof List<?> list) {
      return list.stream().map(String::valueOf).toList();
    }
    return List.of(value.toString());
  }

  private static void apply(
      CommandSpec spec, String name, CacheKey key, List<String> values, CacheChoice choice) {
    try {
      key.use().accept(choice, values);
    } catch (IllegalArgumentException e) {
      throw usage(spec, name + ": " + e.getMessage(), e);
    }
  }

  private static void applyFile(CommandSpec spec, Path file, CacheChoice choice) {
    try {
      SettingsFile.apply(Files.readString(file), choice);
    } catch (TomlException e) {
      throw usage(spec, file + ":" + e.line() + ": " + e.getMessage(), e);
    } catch (NoSuchFileException e) {
      throw usage(spec, CONFIG + ": " + file + " does not exist", e);
    } catch (IOException e) {
      throw usage(spec, CONFIG + ": cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  private static ParameterException usage(CommandSpec spec, String message, Throwable cause) {
    return new ParameterException(spec.commandLine(), message, cause);
  }
}
