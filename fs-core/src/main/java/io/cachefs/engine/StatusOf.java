package io.cachefs.engine;

import io.cachefs.cache.budget.Ledger;
import io.cachefs.cache.data.DataStatus;
import io.cachefs.cache.eviction.DiskEvictor;
import io.cachefs.cache.eviction.Recount;
import io.cachefs.cache.files.CachedSource;
import io.cachefs.engine.config.CacheSettings.Limits;
import io.cachefs.source.guard.GuardedSource;
import io.cachefs.source.guard.SourceHealth;
import io.cachefs.store.Index;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Puts what the parts of a cache say of themselves into the words of {@link CacheStatus}. */
final class StatusOf {
  private StatusOf() {}

  static CacheStatus.Disk disk(Ledger.Status ledger, Limits limits) {
    var failure = ledger.disk().lastFailure();
    return new CacheStatus.Disk(
        ledger.usedBytes(),
        ledger.limitBytes(),
        limits.diskBytes(),
        ledger.files(),
        ledger.fileLimit(),
        ledger.freeBytes(),
        ledger.freeFiles(),
        ledger.refused(),
        ledger.disk().state().name().toLowerCase(Locale.ROOT),
        ledger.disk().writeFailures(),
        ledger.disk().readFailures(),
        failure == null ? null : failure.description());
  }

  static CacheStatus.Index index(Index.Status index) {
    return new CacheStatus.Index(
        index.usedBytes(),
        index.mapBytes(),
        index.files(),
        index.names(),
        index.damaged(),
        index.dropped(),
        index.failure());
  }

  static CacheStatus.Data data(DataStatus data) {
    long hits = data.memoryHits() + data.diskHits();
    long all = hits + data.misses();
    return new CacheStatus.Data(
        data.diskHits(),
        data.diskHitBytes(),
        data.misses(),
        all == 0 ? 0 : (double) hits / all,
        data.fetches(),
        data.fetchedBytes(),
        data.bypassBytes(),
        data.damaged(),
        data.storeFailures(),
        data.versionsGone(),
        data.contentsInUse(),
        data.verifiedBytes());
  }

  static CacheStatus.Memory memory(DataStatus data) {
    return new CacheStatus.Memory(
        data.memoryHits(),
        data.memoryBytes(),
        data.memoryLimitBytes(),
        data.promotions(),
        data.demotions(),
        data.memoryBypasses());
  }

  static CacheStatus.Eviction eviction(DiskEvictor.Status evictor, Limits limits) {
    return new CacheStatus.Eviction(
        limits.eviction().name().toLowerCase(Locale.ROOT),
        evictor.evicted(),
        evictor.evictedAtOnce(),
        evictor.trimmed());
  }

  static CacheStatus.Recovery recovery(@Nullable String rebuilt, FirstCount count) {
    Recount.Result result = count.result();
    return new CacheStatus.Recovery(
        rebuilt,
        count.isDone(),
        result == null ? 0 : result.orphans(),
        result == null ? 0 : result.corrected());
  }

  static CacheStatus.Metadata metadata(CachedSource source, Limits limits) {
    CachedSource.Answers answers = source.answers();
    long all = answers.hits() + answers.misses();
    return new CacheStatus.Metadata(
        answers.hits(),
        answers.misses(),
        all == 0 ? 0 : (double) answers.hits() / all,
        source.keptNames(),
        limits.metadataBytes(),
        source.watchedDirectories(),
        source.refusedWatches());
  }

  static CacheStatus.SourceState source(GuardedSource source) {
    SourceHealth.Status health = source.health().status();
    GuardedSource.Calls calls = source.calls();
    return new CacheStatus.SourceState(
        health.state().name().toLowerCase(Locale.ROOT),
        health.since(),
        health.reason(),
        health.lastError(),
        health.refused(),
        health.late(),
        health.doubtful(),
        health.probes(),
        calls.inFlight(),
        calls.stuck());
  }
}
