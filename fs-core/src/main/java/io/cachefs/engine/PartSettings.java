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
import io.cachefs.engine.config.CacheSettings.Consistency;
import io.cachefs.engine.config.CacheSettings.DirtyLimits;
import io.cachefs.engine.config.CacheSettings.Fetching;
import io.cachefs.engine.config.CacheSettings.Limits;
import io.cachefs.writeback.journal.Settings;
import io.cachefs.writeback.send.Backpressure;
import java.util.List;

/** What the settings of a cache mean for each of its parts. */
final class PartSettings {
  /** About what a content takes, to tell how many there will be. */
  private static final long BYTES_OF_A_CONTENT = 64 << 10;

  // Segments are a small part of what may be pending, so that cleaning needs little room.
  private static final long SEGMENTS = 32;
  private static final long SMALLEST_SEGMENT = 512 << 10;

  /** In percent of the largest heap, what may be taken by what is pending. */
  private static final int HEAP_PART = 60;

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
   * Returns how much may be pending. Unless the user says something else, of what is left beside
   * the largest index so much that the journal, of which a fifth may be dead, has place, and some
   * content too.
   */
  static Backpressure.Limits dirty(CacheSettings settings) {
    DirtyLimits dirty = settings.writing().back().dirty();
    long heap = Runtime.getRuntime().maxMemory();
    return new Backpressure.Limits(
        dirtyBytes(settings), dirty.files(), heap / 100 * HEAP_PART, dirty.age(), dirty.patience());
  }

  private static long dirtyBytes(CacheSettings settings) {
    long chosen = settings.writing().back().dirty().bytes();
    long all = bounds(settings.limits()).leastContentBytes();
    return chosen > 0 ? chosen : all / 100 * DirtyLimits.STANDARD_PART;
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
        settings.source().watch() && mayBeChanged(settings),
        fetching.directories());
  }

  /** Where nobody else changes the source, each hit is spared the question whether somebody did. */
  private static boolean mayBeChanged(CacheSettings settings) {
    return settings.consistency() != Consistency.EXCLUSIVE
        || settings.rules().stream().anyMatch(rule -> rule.consistency() != Consistency.EXCLUSIVE);
  }

  private static List<Glob> globs(List<String> patterns) {
    return patterns.stream().map(Glob::new).toList();
  }
}
