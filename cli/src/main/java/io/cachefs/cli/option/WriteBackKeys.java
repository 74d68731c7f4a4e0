package io.cachefs.cli.option;

import io.cachefs.engine.config.CacheSettings.OnConflict;
import io.cachefs.engine.config.CacheSettings.WriteBackCare;
import java.util.List;

/** The settings of write-back, once for all the ways to give them. */
final class WriteBackKeys {
  private static final WriteBackCare CARE = WriteBackCare.DEFAULT;
  private static final int MOST_FLUSHERS = 64;

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
              (c, v) -> c.flushers = Units.number(v, 1, MOST_FLUSHERS)));

  private WriteBackKeys() {}
}
