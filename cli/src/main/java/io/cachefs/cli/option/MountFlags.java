package io.cachefs.cli.option;

import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.fuse.MountOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The flags that say how a directory is mounted. A flag wins over the same option after -o. */
public final class MountFlags {
  private static final int MOST_THREADS = 1024;
  private static final int MOST_DESCRIPTORS = 1 << 20;
  private static final int LEAST_READ = 4096;

  @Spec(Spec.Target.MIXEE)
  @Nullable CommandSpec mixee;

  @Option(
      names = "--attr-timeout",
      paramLabel = "TIME",
      description =
          "Most the kernel may answer a stat by itself (default: as the cache says; else 1s).")
  @Nullable String attributeTimeout;

  @Option(
      names = "--entry-timeout",
      paramLabel = "TIME",
      description =
          "Most the kernel may resolve a name by itself (default: as the cache says; else 1s).")
  @Nullable String entryTimeout;

  @Option(
      names = "--negative-timeout",
      paramLabel = "TIME",
      description =
          "Most the kernel may answer by itself that a name does not exist"
              + " (default: as the cache says; else 1s).")
  @Nullable String negativeTimeout;

  @Option(
      names = {"-r", "--read-only"},
      description = "Refuse every change.")
  @Nullable Boolean readOnly;

  @Option(
      names = "--allow-other",
      negatable = true,
      description = "Let other users enter the mount (default: only when root mounts).")
  @Nullable Boolean allowOther;

  @Option(
      names = "--default-permissions",
      negatable = true,
      description = "Let the kernel check permission bits and ACLs (default: yes).")
  @Nullable Boolean defaultPermissions;

  @Option(
      names = "--suid",
      negatable = true,
      description = "Let set-uid bits count on the mount (default: no).")
  @Nullable Boolean setUid;

  @Option(
      names = "--dev",
      negatable = true,
      description = "Let device nodes work on the mount (default: no).")
  @Nullable Boolean devices;

  @Option(
      names = "--exec",
      negatable = true,
      description = "Let programs on the mount run (default: yes).")
  @Nullable Boolean execute;

  @Option(
      names = "--uid",
      paramLabel = "NUMBER",
      description = "Owner that every file shows (default: its own).")
  @Nullable String uid;

  @Option(
      names = "--gid",
      paramLabel = "NUMBER",
      description = "Group that every file shows (default: its own).")
  @Nullable String gid;

  @Option(
      names = "--umask",
      paramLabel = "OCTAL",
      description = "Permission bits that no file shows (default: each file's own bits).")
  @Nullable String umask;

  @Option(
      names = "--fsname",
      paramLabel = "NAME",
      description = "First column of the mount table (default: the source).")
  @Nullable String fsName;

  @Option(
      names = "--max-read",
      paramLabel = "SIZE",
      description = "Limit of one read request, 4K or more (default: the kernel's largest).")
  @Nullable String maxRead;

  @Option(
      names = "--xattr",
      negatable = true,
      description = "Serve extended attributes and ACLs (default: yes).")
  @Nullable Boolean xattrs;

  @Option(
      names = "--passthrough",
      negatable = true,
      description =
          "Let the kernel read and write open files by itself, where it can (default: yes).")
  @Nullable Boolean passthrough;

  @Option(names = "--nonempty", description = "Mount over a directory that has something in it.")
  @Nullable Boolean nonEmpty;

  @Option(
      names = "--threads",
      paramLabel = "COUNT",
      description = "Most requests served at the same time, 1 to 1024 (default: 192).")
  @Nullable String threads;

  @Option(
      names = "--max-descriptors",
      paramLabel = "COUNT",
      description =
          "Descriptors kept open between operations, 16 or more (default: 1024)."
              + " Those of open files come on top.")
  @Nullable String maxDescriptors;

  @Option(
      names = "-o",
      paramLabel = "OPTIONS",
      description =
          "Options in the style of mount(8), separated by commas: ro, rw, allow_other,"
              + " default_permissions, [no]suid, [no]dev, [no]exec, uid=, gid=, umask=, fsname=,"
              + " max_read=, attr_timeout=, entry_timeout=, negative_timeout=, nonempty, and every"
              + " flag of the cache with _ for -, as in cache_size=20G,no_watch. Words that are"
              + " for mount(8) alone (noauto, user, _netdev, x-...) are ignored.")
  List<String> dashO = new ArrayList<>();

  /** Returns those options after -o that are of the cache, by the names of their flags. */
  public Map<String, List<String>> cacheOptions() {
    MountSettings settings = new MountSettings(false);
    given("-o", String.join(",", dashO), value -> DashO.apply(value, settings));
    return settings.cache();
  }

  /**
   * Returns the options for a mount of this source.
   *
   * @param cached whether there is a cache, which knows how long the kernel may keep what
   */
  public MountOptions toOptions(Path source, boolean root, boolean cached) {
    MountSettings settings = new MountSettings(root);
    given("-o", String.join(",", dashO), value -> DashO.apply(value, settings));
    given(
        "--attr-timeout",
        attributeTimeout,
        value -> settings.attributeTimeout = Units.duration(value));
    given("--entry-timeout", entryTimeout, value -> settings.entryTimeout = Units.duration(value));
    given(
        "--negative-timeout",
        negativeTimeout,
        value -> settings.negativeTimeout = Units.duration(value));
    given("--uid", uid, value -> settings.uid = Units.id(value));
    given("--gid", gid, value -> settings.gid = Units.id(value));
    given("--umask", umask, value -> settings.umask = Units.octal(value));
    given("--fsname", fsName, value -> settings.fsName = Units.text(value));
    given("--max-read", maxRead, value -> settings.maxRead = Units.size(value));
    given("--threads", threads, value -> settings.threads = Units.number(value, 1, MOST_THREADS));
    switches(settings);
    if (settings.maxRead != 0 && settings.maxRead < LEAST_READ) {
      throw usage("--max-read: " + settings.maxRead + " is less than " + LEAST_READ, null);
    }
    return settings.toOptions(
        source, cached ? MountOptions.UNLIMITED : MountOptions.DEFAULT_TIMEOUT);
  }

  private void switches(MountSettings settings) {
    settings.readOnly = readOnly == null ? settings.readOnly : readOnly;
    settings.allowOther = allowOther == null ? settings.allowOther : allowOther;
    settings.defaultPermissions =
        defaultPermissions == null ? settings.defaultPermissions : defaultPermissions;
    settings.allowSetUid = setUid == null ? settings.allowSetUid : setUid;
    settings.allowDevices = devices == null ? settings.allowDevices : devices;
    settings.allowExecute = execute == null ? settings.allowExecute : execute;
    settings.xattrs = xattrs == null ? settings.xattrs : xattrs;
    settings.passthrough = passthrough == null ? settings.passthrough : passthrough;
    settings.nonEmpty = nonEmpty == null ? settings.nonEmpty : nonEmpty;
  }

  /** Returns how the file system over this source is to be built. */
  public CacheFsConfig toConfig(Path source) {
    List<CacheFsConfig> config = new ArrayList<>(List.of(CacheFsConfig.of(source)));
    given(
        "--max-descriptors",
        maxDescriptors,
        value ->
            config.set(
                0, config.get(0).withDescriptorLimit(Units.number(value, 16, MOST_DESCRIPTORS))));
    return config.get(0);
  }

  /** Returns options by the names of their flags, for people. */
  public static Map<String, String> describe(MountOptions options) {
    return MountSettings.describe(options);
  }

  private void given(String name, @Nullable String value, Consumer<String> use) {
    if (value == null) {
      return;
    }
    try {
      use.accept(value);
    } catch (IllegalArgumentException e) {
      String reason = String.valueOf(e.getMessage());
      throw usage(name.equals("-o") ? reason : name + ": " + reason, e);
    }
  }

  private ParameterException usage(String message, @Nullable Throwable cause) {
    if (mixee == null) {
      throw new IllegalStateException("not mixed into a command");
    }
    return new ParameterException(mixee.commandLine(), message, cause);
  }
}
