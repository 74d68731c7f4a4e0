package io.cachefs.cache.eviction;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.base.FileKey;
import io.cachefs.cache.budget.Bounds;
import io.cachefs.store.ContentRecord;
import io.cachefs.testing.concurrent.Parallel;
import io.cachefs.testing.random.Seeds;
import java.time.Duration;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(Seeds.class)
@Timeout(60)
class DiskEvictorTest {
  private static SmallCache cache(EvictionPolicy policy, long files) {
    return SmallCache.ofFiles(policy, files, Seeds.random("evictor"));
  }

  private static void fill(SmallCache cache, int files) {
    for (int file = 0; file < files; file++) {
      assertThat(cache.use(file)).isFalse();
    }
  }

  @Test
  void lru_withFewContents_evictsExactlyInTheOrderOfUse() {
    SmallCache cache = cache(Policies.lru(), 5);
    fill(cache, 5);
    assertThat(cache.use(1)).isTrue();
    assertThat(cache.use(0)).isTrue();
    for (int file = 10; file < 15; file++) {
      assertThat(cache.use(file)).isFalse();
    }
    assertThat(cache.evicted).containsExactly(2L, 3L, 4L, 1L, 0L);
  }

  @Test
  void lru_withAsManyContentsAsAreLookedAt_isExact() {
    SmallCache cache = cache(Policies.lru(), Sampler.EXACT);
    fill(cache, Sampler.EXACT);
    for (int file = Sampler.EXACT - 1; file >= 0; file--) {
      assertThat(cache.use(file)).isTrue();
    }
    for (int round = 0; round < 20; round++) {
      assertThat(cache.use(1000 + round)).isFalse();
      assertThat(cache.evicted).last().isEqualTo((long) Sampler.EXACT - 1 - round);
    }
  }

  @Test
  void lru_withManyContents_evictsOldOnes() {
    SmallCache cache = cache(Policies.lru(), 5000);
    fill(cache, 5000);
    for (int file = 10_000; file < 11_000; file++) {
      assertThat(cache.use(file)).isFalse();
    }
    assertThat(cache.evicted).hasSize(1000);
    double meanAge = cache.evicted.stream().mapToLong(file -> file).average().orElseThrow();
    // Of all that there ever were, exact order would give 500, and a choice at random about 2700.
    assertThat(meanAge).isLessThan(900);
    assertThat(cache.evicted).allMatch(file -> file < 4000);
  }

  @Test
  void fifo_evictsWhatCameFirst_whateverItsUse() {
    SmallCache cache = cache(Policies.fifo(), 1000);
    fill(cache, 1000);
    assertThat(cache.use(0)).isTrue();
    assertThat(cache.use(2000)).isFalse();
    assertThat(cache.use(2001)).isFalse();
    assertThat(cache.evicted).containsExactly(0L, 1L);
  }

  @Test
  void lfu_keepsWhatIsUsedOften() {
    SmallCache cache = cache(Policies.lfu(), 3);
    fill(cache, 3);
    assertThat(cache.use(0)).isTrue();
    assertThat(cache.use(2)).isTrue();
    assertThat(cache.use(10)).isFalse();
    assertThat(cache.evicted).containsExactly(1L);
  }

  @Test
  void hybrid_evictsTheLargerOfTwoUsedAlike() {
    SmallCache cache = new SmallCache(Policies.hybrid(), 16L << 20, 2, Seeds.random("evictor"));
    assertThat(cache.use(1, Bounds.PAGE)).isFalse();
    assertThat(cache.use(2, 1L << 20)).isFalse();
    cache.millis.addAndGet(10_000);
    assertThat(cache.use(3)).isFalse();
    assertThat(cache.evicted).containsExactly(2L);
  }

  @Test
  void ttl_evictsWhatIsTooOldEvenIfThereIsRoom() {
    SmallCache cache = cache(Policies.named("ttl", Duration.ofSeconds(10), 1), 1000);
    fill(cache, 100);
    cache.setFlags(7, ContentRecord.PINNED);
    cache.inUse.add(cache.idOf(8));
    cache.millis.addAndGet(9_950);
    cache.evictor.work(false);
    assertThat(cache.evicted).hasSizeBetween(40, 60).contains(0L).doesNotContain(7L, 8L, 99L);
    cache.millis.addAndGet(9_950);
    cache.evictor.work(false);
    assertThat(cache.evicted).hasSize(98);
  }

  @Test
  void pinnedContentAndContentInUse_isNeverEvicted() {
    SmallCache cache = cache(Policies.lru(), 4);
    fill(cache, 4);
    cache.setFlags(0, ContentRecord.PINNED);
    cache.inUse.add(cache.idOf(1));
    for (int file = 10; file < 20; file++) {
      assertThat(cache.use(file)).isFalse();
    }
    assertThat(cache.evicted).hasSize(10).doesNotContain(0L, 1L);
  }

  @Test
  void whenNothingMayBeEvicted_itIsDoneWithout() {
    SmallCache cache = cache(Policies.lru(), 3);
    fill(cache, 3);
    for (int file = 0; file < 3; file++) {
      cache.setFlags(file, ContentRecord.PINNED);
    }
    assertThat(cache.use(10)).isFalse();
    assertThat(cache.has(10)).isFalse();
    cache.setFlags(1, 0);
    cache.millis.addAndGet(1000);
    assertThat(cache.use(11)).isFalse();
    assertThat(cache.has(11)).isTrue();
  }

  @Test
  void background_evictsFromTheHighMarkToTheLow() {
    SmallCache cache = cache(Policies.lru(), 1000);
    fill(cache, 955);
    assertThat(cache.evicted).isEmpty();
    cache.evictor.work(true);
    assertThat(cache.ledger.status().files()).isEqualTo(900);
    cache.evictor.work(true);
    assertThat(cache.ledger.status().files()).isEqualTo(900);
    assertThat(cache.evictor.status()).isEqualTo(new DiskEvictor.Status(55, 0, 0));
  }

  @Test
  void theThread_makesRoomAheadOfNeed() throws Exception {
    try (SmallCache cache = cache(Policies.lru(), 1000)) {
      cache.evictor.start();
      for (int file = 0; file < 20_000; file++) {
        assertThat(cache.use(file)).isFalse();
        assertThat(cache.ledger.status().files()).isLessThanOrEqualTo(1000);
      }
      while (cache.ledger.status().files() > 950) {
        Thread.onSpinWait();
      }
      assertThat(cache.evictor.status().evicted()).isGreaterThan(19_000);
    }
  }

  /**
   * 64 threads use files of random sizes, while the thread evicts ahead. Never is more reserved
   * than the limits; what is pinned stays; and at the end the ledger has what the records say.
   */
  @Test
  void manyThreads_keepTheLedgerTrue() {
    try (SmallCache cache =
        new SmallCache(Policies.lru(), 64L << 20, 300, Seeds.random("evictor"))) {
      for (long file = -10; file < 0; file++) {
        assertThat(cache.use(file)).isFalse();
        cache.setFlags(file, ContentRecord.PINNED);
      }
      cache.evictor.start();
      Parallel.run(
          64,
          thread -> {
            Random random = Seeds.random("user " + thread);
            for (int round = 0; round < 200; round++) {
              // A file is made by one thread only.
              long file = thread * 100L + random.nextInt(50);
              cache.use(file, Bounds.pages(1 + random.nextInt(1 << 20)));
              assertThat(cache.ledger.status().usedBytes())
                  .isLessThanOrEqualTo(cache.ledger.status().limitBytes());
              assertThat(cache.ledger.status().files()).isLessThanOrEqualTo(300);
            }
          });
      cache.evictor.close();
      assertThat(cache.evictor.status().evicted()).isPositive();
      for (long file = -10; file < 0; file++) {
        assertThat(cache.has(file)).isTrue();
      }
      assertThat(cache.ledger.status().files()).isEqualTo(cache.index.status().contents());
      long stored = cache.index.status().contentBytes() + cache.index.status().contents() * 64;
      assertThat(cache.ledger.status().usedBytes()).isEqualTo(stored);
    }
  }

  @Test
  void usage_isWrittenInBatchesAndCountsAtOnce() {
    SmallCache cache = cache(Policies.lru(), 10);
    fill(cache, 2);
    long id = cache.idOf(0);
    ContentRecord before = Objects.requireNonNull(cache.index.content(id));
    assertThat(cache.use(0)).isTrue();
    assertThat(cache.usage.candidate(before).uses()).isEqualTo(2);
    assertThat(Objects.requireNonNull(cache.index.content(id)).uses()).isZero();
    cache.evictor.work(false);
    ContentRecord after = Objects.requireNonNull(cache.index.content(id));
    assertThat(after.uses()).isEqualTo(2);
    assertThat(after.usedAtMillis()).isEqualTo(before.usedAtMillis() + 2);
    assertThat(cache.usage.candidate(after).uses()).isEqualTo(2);
  }

  @Test
  void usage_ofAContentInUse_isWrittenLater() {
    SmallCache cache = cache(Policies.lru(), 10);
    fill(cache, 1);
    long id = cache.idOf(0);
    cache.inUse.add(id);
    cache.evictor.work(false);
    assertThat(Objects.requireNonNull(cache.index.content(id)).uses()).isZero();
    cache.inUse.remove(id);
    cache.evictor.work(false);
    assertThat(Objects.requireNonNull(cache.index.content(id)).uses()).isEqualTo(1);
  }

  @Test
  void usage_isBounded() {
    SmallCache cache = cache(Policies.lru(), 10);
    for (int id = 0; id < Usage.LIMIT + 10; id++) {
      cache.usage.touched(id, new FileKey(0, id, 0), 1);
    }
    assertThat(cache.usage.unnoted()).isEqualTo(10);
  }
}
