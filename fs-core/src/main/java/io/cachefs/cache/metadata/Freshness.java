package io.cachefs.cache.metadata;

import io.cachefs.engine.config.CacheSettings;
import io.cachefs.engine.config.CacheSettings.Consistency;
import io.cachefs.engine.config.CacheSettings.Lifetimes;
import io.cachefs.engine.config.CacheSettings.Rule;
import java.time.Duration;
import java.util.List;

/** Which {@link Terms} count for which path. Immutable. */
public final class Freshness {
  private final Terms general;
  private final List<Ruled> rules;
  private final Terms least;

  private record Ruled(Glob glob, Terms terms) {}

  public Freshness(CacheSettings settings) {
    this.general = terms(settings.consistency(), settings.lifetimes());
    this.rules =
        settings.rules().stream()
            .map(rule -> new Ruled(new Glob(rule.glob()), terms(rule, settings.lifetimes())))
            .toList();
    this.least = rules.stream().map(Ruled::terms).reduce(general, Terms::least);
  }

  private static Terms terms(Rule rule, Lifetimes lifetimes) {
    return rule.consistency() == Consistency.TTL
        ? terms(Consistency.TTL, Lifetimes.all(rule.ttl()))
        : terms(rule.consistency(), lifetimes);
  }

  private static Terms terms(Consistency consistency, Lifetimes lifetimes) {
    long data = nanos(lifetimes.data());
    return switch (consistency) {
      case STRICT -> new Terms(0, 0, 0, data);
      case EXCLUSIVE -> new Terms(Clock.NEVER, Clock.NEVER, Clock.NEVER, data);
      case CLOSE_TO_OPEN, TTL ->
          new Terms(
              nanos(lifetimes.attributes()),
              nanos(lifetimes.names()),
              nanos(lifetimes.absentNames()),
              data);
    };
  }

  private static long nanos(Duration duration) {
    return duration.compareTo(CacheSettings.FOREVER) >= 0 ? Clock.NEVER : duration.toNanos();
  }

  /** Returns whether the path of a file matters. */
  public boolean isByPath() {
    return !rules.isEmpty();
  }

  /** Returns what counts where no rule fits. */
  public Terms general() {
    return general;
  }

  /** Returns the shortest of all, for an answer that may be about any file. */
  public Terms least() {
    return least;
  }

  /** Returns what counts for a path relative to the source. */
  public Terms of(String path) {
    for (Ruled rule : rules) {
      if (rule.glob.fits(path)) {
        return rule.terms;
      }
    }
    return general;
  }
}
