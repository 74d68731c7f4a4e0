package io.cachefs.engine;

import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.engine.config.CacheSettings;
import io.cachefs.engine.config.CacheSettings.Consistency;
import io.cachefs.engine.config.CacheSettings.Lifetimes;
import io.cachefs.engine.config.CacheSettings.Limits;
import io.cachefs.engine.config.CacheSettings.SourceCare;
import java.nio.file.Path;
import java.time.Duration;

/** The ways to run a file system: without a cache, and with one in each manner of asking. */
enum Engine {
  BARE,
  STRICT,
  /** Strict, with no word from the source when something changes. */
  STRICT_UNWATCHED,
  CLOSE_TO_OPEN,
  CLOSE_TO_OPEN_UNWATCHED,
  TTL,
  EXCLUSIVE,
  /** As small as a cache can be, so that it evicts all the time. */
  TINY,
  NO_MEMORY;

  /** Names of those that show at once what others did to the source, for {@code EnumSource}. */
  static final String AT_ONCE = "BARE|STRICT|STRICT_UNWATCHED";

  /** Returns {@code plain} with the cache of this engine in a directory. */
  CacheFsConfig over(CacheFsConfig plain, Path directory) {
    return this == BARE ? plain : plain.withCache(settings(directory));
  }

  /** Returns the configuration of this engine with a source and a directory for its cache. */
  CacheFsConfig config(Path source, Path directory) {
    return over(CacheFsConfig.of(source), directory);
  }

  /** Returns the settings of the cache; the bare engine has those of the strict one. */
  CacheSettings settings(Path directory) {
    CacheSettings settings = CacheSettings.of(directory);
    return switch (this) {
      case BARE, STRICT -> settings.with(Consistency.STRICT);
      case STRICT_UNWATCHED -> unwatched(settings.with(Consistency.STRICT));
      case CLOSE_TO_OPEN -> settings;
      case CLOSE_TO_OPEN_UNWATCHED -> unwatched(settings);
      case TTL -> settings.with(Consistency.TTL).with(Lifetimes.all(Duration.ofHours(1)));
      case EXCLUSIVE -> settings.with(Consistency.EXCLUSIVE);
      case TINY -> settings.with(Limits.DEFAULT.withDiskBytes(Limits.MIN_DISK_BYTES));
      case NO_MEMORY -> settings.with(Limits.DEFAULT.withMemoryBytes(0));
    };
  }

  private static CacheSettings unwatched(CacheSettings settings) {
    return settings.with(
        new SourceCare(
            SourceCare.DEFAULT.deadline(), SourceCare.DEFAULT.waitsOffline(), /* watch= */ false));
  }
}
