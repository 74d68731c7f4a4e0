package io.cachefs.fuse.libfuse;

import io.cachefs.fuse.MountOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Writes {@link MountOptions} as libfuse 2 reads them. */
final class LibFuseOptions {
  /** Longer than any mount lives; libfuse reads a double, the kernel stores jiffies. */
  private static final Duration LONGEST = Duration.ofDays(3650);

  private LibFuseOptions() {}

  /**
   * Returns the values of {@code -o}, one each.
   *
   * <p>Not among them: uid, gid and umask, which the callbacks apply (libfuse's umask replaces all
   * permission bits); the number of threads; xattrs, whose callbacks are left out.
   */
  static List<String> of(MountOptions options) {
    List<String> values = new ArrayList<>();
    values.add("fsname=" + escape(options.fsName()));
    values.add("subtype=cachefs");
    values.add("use_ino");
    values.add("big_writes");
    values.add("attr_timeout=" + seconds(options.attributeTimeout()));
    values.add("entry_timeout=" + seconds(options.entryTimeout()));
    values.add("negative_timeout=" + seconds(options.negativeTimeout()));
    values.add(options.readOnly() ? "ro" : "rw");
    values.add(options.allowSetUid() ? "suid" : "nosuid");
    values.add(options.allowDevices() ? "dev" : "nodev");
    values.add(options.allowExecute() ? "exec" : "noexec");
    if (options.allowOther()) {
      values.add("allow_other");
    }
    if (options.defaultPermissions()) {
      values.add("default_permissions");
    }
    if (options.maxRead() > 0) {
      values.add("max_read=" + options.maxRead());
    }
    if (options.nonEmpty()) {
      values.add("nonempty");
    }
    return values;
  }

  /** Protects what {@code fuse_opt_parse} would take for its own: commas and backslashes. */
  static String escape(String value) {
    return value.replace("\\", "\\\\").replace(",", "\\,");
  }

  /**
   * Writes whole seconds without a fraction: libfuse reads with the locale's decimal separator, and
   * the fraction is lost where that is not a point.
   */
  static String seconds(Duration duration) {
    // libfuse 2 has no messages to the kernel, so what is kept must end by itself.
    Duration wanted =
        duration.equals(MountOptions.UNLIMITED) ? MountOptions.DEFAULT_TIMEOUT : duration;
    Duration bounded = wanted.compareTo(LONGEST) > 0 ? LONGEST : wanted;
    return bounded.getNano() == 0
        ? Long.toString(bounded.getSeconds())
        : String.format(Locale.ROOT, "%.6f", bounded.toNanos() / 1e9);
  }
}
