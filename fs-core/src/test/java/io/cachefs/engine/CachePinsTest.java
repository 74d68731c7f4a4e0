package io.cachefs.engine;

import static io.cachefs.engine.CachedFiles.isRight;
import static io.cachefs.engine.CachedFiles.status;
import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.engine.admin.CacheAdmin;
import io.cachefs.engine.admin.Job;
import io.cachefs.engine.admin.Selection;
import io.cachefs.engine.config.CacheSettings;
import io.cachefs.engine.config.CacheSettings.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is pinned stays, as far as pins may go. */
class CachePinsTest {
  private static final int SIZE = 100_000;
  private static final int PAGES = (SIZE + 4095) / 4096 * 4096;

  @TempDir Path top;

  private Path source;

  @BeforeEach
  void files() throws IOException {
    source = Files.createDirectory(top.resolve("source"));
    for (int i = 0; i < 200; i++) {
      CachedFiles.make(source, i, SIZE);
    }
    CachedFiles.make(source, 1000, 500);
  }

  private CacheFs open() throws Exception {
    Limits limits = Limits.DEFAULT.withDiskBytes(8 << 20);
    CacheSettings settings = CacheSettings.of(top.resolve("cache")).with(limits);
    return CachedFiles.open(source, settings);
  }

  private static CacheAdmin admin(CacheFs cacheFs) {
    return Objects.requireNonNull(cacheFs.admin());
  }

  private static Selection files(String... names) {
    return new Selection(List.of(names), List.of(), false);
  }

  private static Job.Outcome pin(CacheFs cacheFs, Selection selection) {
    Job job = new Job();
    admin(cacheFs).pin(selection, 2, job);
    return job.outcome();
  }

  private static void readOthers(CacheFs cacheFs) throws Exception {
    long before = status(cacheFs).eviction().evicted();
    for (int i = 10; i < 200; i++) {
      assertThat(isRight(cacheFs.vfs(), i, SIZE)).isTrue();
    }
    assertThat(status(cacheFs).eviction().evicted()).isGreaterThan(before + 50);
  }

  private static long missesReading(CacheFs cacheFs, int file, int size) throws Exception {
    long before = status(cacheFs).data().fetches();
    assertThat(isRight(cacheFs.vfs(), file, size)).isTrue();
    return status(cacheFs).data().fetches() - before;
  }

  @Test
  void pinned_staysWhileOthersLeave_andAfterARestart() throws Exception {
    try (CacheFs cacheFs = open()) {
      assertThat(pin(cacheFs, files("f1", "f2", "f1000")).failures()).isEmpty();
      assertThat(status(cacheFs).pins().usedBytes()).isEqualTo(2L * PAGES);
      readOthers(cacheFs);
      assertThat(missesReading(cacheFs, 1, SIZE)).isZero();
      assertThat(missesReading(cacheFs, 1000, 500)).isZero();
    }
    try (CacheFs cacheFs = open()) {
      assertThat(status(cacheFs).pins().usedBytes()).isEqualTo(2L * PAGES);
      readOthers(cacheFs);
      assertThat(missesReading(cacheFs, 2, SIZE)).isZero();
      assertThat(missesReading(cacheFs, 1000, 500)).isZero();
      admin(cacheFs).unpin(files("f1", "f2", "f1000"), new Job());
      assertThat(status(cacheFs).pins().usedBytes()).isZero();
      readOthers(cacheFs);
      assertThat(missesReading(cacheFs, 1, SIZE) + missesReading(cacheFs, 2, SIZE)).isPositive();
    }
  }

  @Test
  void pin_ofWhatIsKeptAlready_takesItsSpaceFromTheQuota() throws Exception {
    try (CacheFs cacheFs = open()) {
      assertThat(isRight(cacheFs.vfs(), 5, SIZE)).isTrue();
      assertThat(status(cacheFs).pins().usedBytes()).isZero();
      assertThat(pin(cacheFs, files("f5")).failures()).isEmpty();
      assertThat(status(cacheFs).pins().usedBytes()).isEqualTo(PAGES);
      // A second time changes nothing.
      assertThat(pin(cacheFs, files("f5")).failures()).isEmpty();
      assertThat(status(cacheFs).pins().usedBytes()).isEqualTo(PAGES);
    }
  }

  @Test
  void pin_ofMoreThanTheQuota_failsForTheRest() throws Exception {
    try (CacheFs cacheFs = open()) {
      Job.Outcome outcome = pin(cacheFs, Selection.all());
      CacheStatus.Pins pins = status(cacheFs).pins();
      assertThat(outcome.failed()).isPositive();
      assertThat(outcome.failures().get(0).reason()).contains("quota");
      assertThat(pins.usedBytes()).isBetween(pins.limitBytes() - 3L * PAGES, pins.limitBytes());
      assertThat(isRight(cacheFs.vfs(), 150, SIZE)).isTrue();
    }
  }

  @Test
  void invalidating_whatIsPinned_givesItsQuotaBack() throws Exception {
    try (CacheFs cacheFs = open()) {
      assertThat(pin(cacheFs, files("f7")).failures()).isEmpty();
      Job job = new Job();
      admin(cacheFs).invalidate(files("f7"), job);
      assertThat(job.outcome().failures()).isEmpty();
      assertThat(status(cacheFs).pins().usedBytes()).isZero();
    }
  }
}
