package io.cachefs.cli.option;

import io.cachefs.fuse.MountOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The settings of one mount while flags and {@code -o} options are applied. Owned by one thread.
 */
final class MountSettings {
  boolean readOnly;
  boolean allowOther;
  boolean defaultPermissions = true;
  boolean allowSetUid;
  boolean allowDevices;
  boolean allowExecute = true;
  @Nullable Integer uid;
  @Nullable Integer gid;
  @Nullable Integer umask;
  @Nullable String fsName;
  int maxRead;
  @Nullable Duration attributeTimeout;
  @Nullable Duration entryTimeout;
  @Nullable Duration negativeTimeout;
  boolean xattrs = true;
  boolean passthrough = true;
  boolean nonEmpty;
  int threads = MountOptions.DEFAULT_THREADS;

  private final Map<String, List<String>> cache = new LinkedHashMap<>();

  MountSettings(boolean root) {
    this.allowOther = root;
  }

  /** Keeps an option of the cache, which is not of the mount. */
  void cache(String name, String value) {
    cache.computeIfAbsent(name, ignored -> new ArrayList<>()).add(value);
  }

  Map<String, List<String>> cache() {
    return cache;
  }

  /**
   * Returns the options.
   *
   * @param standardTimeout of what the kernel keeps, where nothing else is said
   */
  MountOptions toOptions(Path source, Duration standardTimeout) {
    return new MountOptions(
        fsName == null ? source.toString() : fsName,
        readOnly,
        allowOther,
        defaultPermissions,
        allowSetUid,
        allowDevices,
        allowExecute,
        uid,
        gid,
        umask,
        maxRead,
        attributeTimeout == null ? standardTimeout : attributeTimeout,
        entryTimeout == null ? standardTimeout : entryTimeout,
        negativeTimeout == null ? standardTimeout : negativeTimeout,
        xattrs,
        passthrough,
        nonEmpty,
        threads);
  }

  /** Returns the options by the names of their flags, as status shows them. */
  static Map<String, String> describe(MountOptions options) {
    Map<String, String> map = new LinkedHashMap<>();
    map.put("read-only", Boolean.toString(options.readOnly()));
    map.put("allow-other", Boolean.toString(options.allowOther()));
    map.put("default-permissions", Boolean.toString(options.defaultPermissions()));
    map.put("suid", Boolean.toString(options.allowSetUid()));
    map.put("dev", Boolean.toString(options.allowDevices()));
    map.put("exec", Boolean.toString(options.allowExecute()));
    putIfGiven(map, "uid", options.uid(), 10);
    putIfGiven(map, "gid", options.gid(), 10);
    putIfGiven(map, "umask", options.umask(), 8);
    map.put("fsname", options.fsName());
    map.put("max-read", options.maxRead() == 0 ? "largest" : Integer.toString(options.maxRead()));
    map.put("attr-timeout", timeout(options.attributeTimeout()));
    map.put("entry-timeout", timeout(options.entryTimeout()));
    map.put("negative-timeout", timeout(options.negativeTimeout()));
    map.put("xattr", Boolean.toString(options.xattrs()));
    map.put("passthrough", Boolean.toString(options.passthrough()));
    map.put("nonempty", Boolean.toString(options.nonEmpty()));
    map.put("threads", Integer.toString(options.threads()));
    return map;
  }

  private static String timeout(Duration timeout) {
    return timeout.equals(MountOptions.UNLIMITED) ? "by the cache" : Units.text(timeout);
  }

  private static void putIfGiven(
      Map<String, String> map, String name, @Nullable Integer value, int radix) {
    if (value != null) {
      map.put(name, Integer.toUnsignedString(value, radix));
    }
  }
}
