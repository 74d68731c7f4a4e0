package io.cachefs.cli.option;

import io.cachefs.engine.config.CacheSettings.DirtyLimits;
import io.cachefs.engine.config.CacheSettings.OnConflict;
import io.cachefs.engine.config.CacheSettings.WriteBackCare;
import java.util.List;

/** The settings of write-back, once for all the ways to give them. */
final class WriteBackKeys {
  private static final WriteBackCare CARE = WriteBackCare.DEFAULT;
  private static final int MOST_FLUSHERS = 64;

  /** So much one call may write. */
  private static final long LEAST_DIRTY = 1L << 20;

  static final List<CacheKey> ALL =
      List.of(
          CacheKey.value(
              "fsync",
              "local|source",
              "What has a change when fsync returns: local (the disk of the cache) or source"
                  + CacheKeys.byDefault("local"),
              (c, v) ->
                  c.syncsAtSource = Units.oneOf(v, List.of("local", "source")).equals("source")),
          CacheKey.value(
              "conflict",
              "POLICY",
              "What happens to a change if others changed the same at the source: keep-both (ours"
                  + " under another name beside it), ours (takes its place), theirs (ours is given"
                  + " up)"
                  + CacheKeys.byDefault(CacheKeys.word(CARE.onConflict())),
              (c, v) -> c.onConflict = Units.word(v, OnConflict.class)),
          CacheKey.value(
              "flushers",
              "COUNT",
              "Most changes sent at the same time" + CacheKeys.byDefault(CARE.flushers()),
              (c, v) -> c.flushers = Units.number(v, 1, MOST_FLUSHERS)),
          CacheKey.value(
              "write-delay",
              "TIME",
              "How long a change waits for another one of the same file before it is sent"
                  + CacheKeys.byDefault(Units.text(CARE.delay())),
              (c, v) -> c.writeDelay = Units.duration(v)),
          CacheKey.value(
              "dirty-limit",
              "BYTES[,FILES][,AGE]",
              "Most that may be changed here and not at the source: bytes (part of --cache-size),"
                  + " files, and how old a change may get before writers are slowed (default: "
                  + DirtyLimits.STANDARD_PART
                  + " % of what the cache has for content,"
                  + CARE.dirty().files()
                  + ","
                  + Units.text(CARE.dirty().age())
                  + ").",
              (c, v) -> c.dirty = dirty(v)));

  private WriteBackKeys() {}

  /** Takes a colon for a comma too, as a comma after -o ends the option. */
  private static DirtyLimits dirty(String text) {
    String[] parts = text.split("[,:]", -1);
    if (parts.length > 3) {
      throw new IllegalArgumentException(
          "'" + text + "' is not BYTES[,FILES][,AGE], as in '2G,100000,5m'");
    }
    DirtyLimits standard = CARE.dirty();
    return new DirtyLimits(
        Units.bytes(parts[0].strip(), LEAST_DIRTY),
        parts.length > 1 ? Units.count(parts[1].strip(), 1) : standard.files(),
        parts.length > 2 ? Units.duration(parts[2].strip()) : standard.age(),
        standard.patience());
  }
}
