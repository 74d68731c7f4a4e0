package io.cachefs.engine;

import io.cachefs.cache.budget.Bounds;
import io.cachefs.cache.data.DataSettings;
import io.cachefs.cache.data.Verification;
import io.cachefs.cache.eviction.EvictionPolicy;
import io.cachefs.cache.eviction.Policies;
import io.cachefs.cache.files.CachedSource;
import io.cachefs.cache.files.Caching;
import io.cachefs.cache.metadata.Freshness;
import io.cachefs.cache.metadata.Glob;
import io.cachefs.cache.metadata.WriteModes;
import io.cachefs.engine.config.CacheSettings;
import io.cachefs.engine.config.CacheSettings.Fetching;
import io.cachefs.engine.config.CacheSettings.Limits;
import io.cachefs.writeback.journal.Settings;
import java.util.List;

/** What the settings of a cache mean for each of its parts. */
final class PartSettings {
  /** About what a content takes, to tell how many there will be. */
  private static final long BYTES_OF_A_CONTENT = 64 << 10;

  // Segments are a small part of what may be pending, so that cleaning needs little room.
  private static final long SEGMENTS = 32;
  private static final long SMALLEST_SEGMENT = 512 << 10;

  private PartSettings() {}

  static Bounds bounds(Limits limits) {
    return new Bounds(
        limits.diskBytes(),
        limits.files(),
        limits.freeBytes(),
        limits.freeInodes(),
        limits.pinnedBytes());
  }

  /**
   * Returns how many bytes may be pending: of what is left beside the largest index so much that
   * the journal, of which a fifth may be dead, has place, and some content too.
   */
  static long dirtyBytes(CacheSettings settings) {
    return bounds(settings.limits()).leastContentBytes() / 8 * 5;
  }

  static Settings journal(CacheSettings settings) {
    long segment = Math.max(SMALLEST_SEGMENT, dirtyBytes(settings) / SEGMENTS);
    Settings standard = Settings.DEFAULT;
    return standard.withSegmentBytes((int) Math.min(standard.segmentBytes(), segment));
  }

  static EvictionPolicy policy(Limits limits) {
    long contents = Math.min(limits.files(), limits.diskBytes() / BYTES_OF_A_CONTENT);
    return Policies.named(limits.eviction().name(), limits.ttl(), Math.max(1, contents));
  }

  static DataSettings data(CacheSettings settings) {
    Fetching fetching = settings.fetching();
    return new DataSettings(
        Verification.valueOf(fetching.verify().name()),
        fetching.inlineMax(),
        fetching.streams(),
        fetching.readAheadBytes(),
        settings.limits().memoryBytes(),
        fetching.shards());
  }

  static CachedSource.Settings files(CacheSettings settings) {
    Fetching fetching = settings.fetching();
    return new CachedSource.Settings(
        new Freshness(settings),
        new Caching(globs(fetching.include()), globs(fetching.exclude()), fetching.maxFileBytes()),
        new WriteModes(settings.writing()),
        settings.limits().metadataBytes(),
        settings.source().watch(),
        fetching.directories());
  }

  private static List<Glob> globs(List<String> patterns) {
    return patterns.stream().map(Glob::new).toList();
  }
}
