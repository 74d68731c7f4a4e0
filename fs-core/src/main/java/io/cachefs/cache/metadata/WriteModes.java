package io.cachefs.cache.metadata;

import io.cachefs.engine.config.CacheSettings.Writing;
import io.cachefs.engine.config.WriteMode;
import java.util.List;

/** Which {@link WriteMode} counts for which path. Immutable. */
public final class WriteModes {
  private final WriteMode general;
  private final List<Ruled> rules;

  private record Ruled(Glob glob, WriteMode mode) {}

  public WriteModes(Writing writing) {
    this.general = writing.mode();
    this.rules =
        writing.rules().stream()
            .map(rule -> new Ruled(new Glob(rule.glob()), rule.mode()))
            .toList();
  }

  /** Returns whether the path of a file matters. */
  public boolean isByPath() {
    return !rules.isEmpty();
  }

  /** Returns what counts where no rule fits. */
  public WriteMode general() {
    return general;
  }

  /** Returns what counts for a path relative to the source. */
  public WriteMode of(String path) {
    for (Ruled rule : rules) {
      if (rule.glob.fits(path)) {
        return rule.mode;
      }
    }
    return general;
  }
}
