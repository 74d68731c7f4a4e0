package io.cachefs.cache.eviction;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.cache.budget.Bounds;
import io.cachefs.store.Blob;
import io.cachefs.store.ContentRecord;
import io.cachefs.store.InMemoryBlobStore;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RecountTest {
  private final InMemoryBlobStore blobs = new InMemoryBlobStore();
  private final SmallCache cache = SmallCache.ofFiles(Policies.lru(), 1000, new Random(1));

  private void blob(long id, int bytes) throws Exception {
    try (Blob blob = blobs.create(id, 0)) {
      blob.write(0, ByteBuffer.allocateDirect(bytes));
    }
  }

  private Recount recount() {
    return new Recount(cache.index, blobs, cache.ledger, cache);
  }

  @Test
  void run_removesBlobsWithoutRecord_butNotNewOnes() throws Exception {
    assertThat(cache.use(1)).isFalse();
    blob(cache.idOf(1), 100);
    long orphan = cache.index.newContentId();
    blob(orphan, 100);
    long used = cache.index.newContentId();
    blob(used, 100);
    cache.inUse.add(used);
    Recount recount = recount();
    long fresh = cache.index.newContentId();
    blob(fresh, 100);
    assertThat(recount.run()).isEqualTo(new Recount.Result(3, 1, 0));
    assertThat(blobs.find(orphan)).isNull();
    assertThat(blobs.usedBytes()).isEqualTo(3 * Bounds.PAGE);
  }

  @Test
  void run_chargesWhatWasWrittenAndNotRecorded() throws Exception {
    assertThat(cache.use(1)).isFalse();
    blob(cache.idOf(1), (int) (3 * Bounds.PAGE));
    long before = cache.ledger.status().usedBytes();
    assertThat(recount().run()).isEqualTo(new Recount.Result(1, 0, 1));
    assertThat(cache.ledger.status().usedBytes() - before).isEqualTo(2 * Bounds.PAGE);
    ContentRecord record = Objects.requireNonNull(cache.index.content(cache.idOf(1)));
    assertThat(record.storedBytes()).isEqualTo(3 * Bounds.PAGE);
    assertThat(cache.evict(record)).isTrue();
    assertThat(cache.ledger.status().usedBytes()).isZero();
  }

  @Test
  void stop_changesNothingMore() throws Exception {
    blob(cache.index.newContentId(), 1);
    Recount recount = recount();
    recount.stop();
    assertThat(recount.run()).isEqualTo(new Recount.Result(0, 0, 0));
    assertThat(blobs.usedBytes()).isPositive();
  }
}
