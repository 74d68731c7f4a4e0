package io.cachefs.cache.eviction;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.engine.config.CacheSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Everything is seeded and runs in one thread, so the numbers are the same every time. */
class HitRatiosTest {
  @Test
  void designPage_hasTheTable() throws Exception {
    List<String> table = HitRatios.table();
    assertThat(Files.readString(Path.of("../docs/design.md"))).contains(String.join("\n", table));
  }

  @Test
  void scan_doesNotFlushTheHotSetWithTheDefaultPolicy() {
    String policy = CacheSettings.Limits.DEFAULT.eviction().name();
    try (SmallCache cache = HitRatios.cache(policy)) {
      int hotSet = HitRatios.CACHED / 2;
      for (int i = 0; i < 3 * hotSet; i++) {
        boolean hit = cache.use(i % hotSet);
        assertThat(hit).isEqualTo(i >= hotSet);
      }
      for (int i = 0; i < 10 * HitRatios.CACHED; i++) {
        assertThat(cache.use(1_000_000 + i)).isFalse();
      }
      int kept = 0;
      for (int file = 0; file < hotSet; file++) {
        kept += cache.has(file) ? 1 : 0;
      }
      assertThat(kept).isGreaterThanOrEqualTo(hotSet * 99 / 100);
    }
  }
}
