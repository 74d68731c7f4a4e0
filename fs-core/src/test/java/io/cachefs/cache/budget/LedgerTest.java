package io.cachefs.cache.budget;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.store.Blob;
import io.cachefs.store.InMemoryBlobStore;
import io.cachefs.store.StoreException;
import io.cachefs.testing.concurrent.Parallel;
import io.cachefs.testing.random.Seeds;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(Seeds.class)
class LedgerTest {
  private static final long MIB = 1L << 20;
  private static final long PAGE = Bounds.PAGE;
  private static final Bounds LARGE = new Bounds(1L << 40, 1000, 0, 0, 10 * MIB);

  private final AtomicLong nanos = new AtomicLong();
  private final AtomicLong indexUsed = new AtomicLong();
  private final DiskHealth health = new DiskHealth(nanos::get);

  private Ledger ledger(Bounds bounds, InMemoryBlobStore blobs) {
    return new Ledger(bounds, blobs, health, indexUsed::get, nanos::get, 0, 0, 0);
  }

  private Ledger ledger(Bounds bounds) {
    return ledger(bounds, new InMemoryBlobStore());
  }

  private static Bounds small(long files) {
    return new Bounds(16 * MIB, files, 0, 0, MIB);
  }

  @Test
  void tryReserve_upToTheLimit_andNotAPageMore() {
    Ledger ledger = ledger(small(1000));
    long limit = ledger.status().limitBytes();
    assertThat(limit).isBetween(10 * MIB, 11 * MIB);
    assertThat(ledger.tryReserve(limit / PAGE * PAGE, 0)).isTrue();
    assertThat(ledger.tryReserve(PAGE, 0)).isFalse();
    assertThat(ledger.status().refused()).isEqualTo(1);
    ledger.release(PAGE, 0);
    assertThat(ledger.tryReserve(PAGE, 0)).isTrue();
  }

  @Test
  void tryReserve_aFileTooMany_takesNoBytesEither() {
    Ledger ledger = ledger(small(2));
    assertThat(ledger.tryReserve(PAGE, 1)).isTrue();
    assertThat(ledger.tryReserve(PAGE, 1)).isTrue();
    long used = ledger.status().usedBytes();
    assertThat(ledger.tryReserve(PAGE, 1)).isFalse();
    assertThat(ledger.status().usedBytes()).isEqualTo(used);
    ledger.release(PAGE, 1);
    assertThat(ledger.tryReserve(PAGE, 1)).isTrue();
    ledger.release(PAGE, 1);
    ledger.release(PAGE, 1);
    assertThat(ledger.status().usedBytes()).isZero();
    assertThat(ledger.status().files()).isZero();
  }

  @Test
  void tryReserve_whenTheIndexGrows_leavesItsPartAlone() {
    Bounds bounds = new Bounds(1L << 30, 1000, 0, 0, 0);
    Ledger ledger = ledger(bounds);
    long before = ledger.status().limitBytes();
    indexUsed.set(100 * MIB);
    nanos.addAndGet(FreeSpace.INTERVAL_NANOS);
    assertThat(ledger.tryReserve(PAGE, 0)).isTrue();
    assertThat(before - ledger.status().limitBytes()).isBetween(98 * MIB, 100 * MIB);
    // Beyond its share the index does not grow, because its map is no larger.
    indexUsed.set(bounds.indexBytes());
    ledger.refresh();
    assertThat(ledger.status().limitBytes())
        .isGreaterThan((1L << 30) - bounds.indexBytes() - 20 * MIB);
  }

  @Test
  void tryReserve_keepsTheFloorOfFreeBytes() {
    InMemoryBlobStore blobs = new InMemoryBlobStore(20 * MIB, 100);
    Ledger ledger = ledger(new Bounds(1L << 40, 1000, 5 * MIB, 0, 0), blobs);
    assertThat(ledger.tryReserve(15 * MIB - Bounds.INDEX_GROWTH, 0)).isTrue();
    assertThat(ledger.tryReserve(PAGE, 0)).isFalse();
    // Nothing was written: the file system says that all is free, but it is not.
    nanos.addAndGet(FreeSpace.INTERVAL_NANOS);
    assertThat(ledger.tryReserve(PAGE, 0)).isFalse();
  }

  @Test
  void tryReserve_whenOthersFillTheDisk_seesItAfterAWhile() throws StoreException {
    InMemoryBlobStore blobs = new InMemoryBlobStore(20 * MIB, 100);
    Ledger ledger = ledger(new Bounds(1L << 40, 1000, 5 * MIB, 0, 0), blobs);
    try (Blob others = blobs.create(1, 0)) {
      others.write(0, ByteBuffer.allocateDirect((int) (15 * MIB)));
    }
    nanos.addAndGet(FreeSpace.INTERVAL_NANOS);
    assertThat(ledger.tryReserve(PAGE, 0)).isFalse();
    blobs.remove(1);
    nanos.addAndGet(FreeSpace.INTERVAL_NANOS);
    assertThat(ledger.tryReserve(PAGE, 0)).isTrue();
  }

  @Test
  void tryReserve_keepsTheFloorOfFreeInodes() {
    InMemoryBlobStore blobs = new InMemoryBlobStore(20 * MIB, 100);
    Ledger ledger = ledger(new Bounds(1L << 40, 1000, 0, 97, 0), blobs);
    assertThat(ledger.tryReserve(PAGE, 3)).isTrue();
    assertThat(ledger.tryReserve(PAGE, 1)).isFalse();
    assertThat(ledger.tryReserve(PAGE, 0)).isTrue();
  }

  @Test
  void tryReserve_onAFileSystemWithoutANumberOfInodes_isNotHinderedByThat() {
    InMemoryBlobStore blobs = new InMemoryBlobStore(20 * MIB, 0);
    Ledger ledger = ledger(new Bounds(1L << 40, 1000, 0, 10_000, 0), blobs);
    assertThat(ledger.tryReserve(PAGE, 1)).isTrue();
  }

  @Test
  void tryReserve_whenShort_asksOnceForRoomAndGivesUp() {
    Ledger ledger = ledger(small(1000));
    AtomicLong asked = new AtomicLong();
    ledger.setRoom(
        new Room() {
          @Override
          public void make(long bytes, long files) {
            asked.incrementAndGet();
            if (ledger.status().files() > 0) {
              ledger.release(8 * MIB, 1);
            }
          }

          @Override
          public void wake() {}
        });
    assertThat(ledger.tryReserve(8 * MIB, 1)).isTrue();
    assertThat(ledger.tryReserve(8 * MIB, 0)).isTrue();
    assertThat(asked).hasValue(1);
    assertThat(ledger.tryReserve(8 * MIB, 0)).isFalse();
    assertThat(asked).hasValue(2);
  }

  @Test
  void tryReserve_nearTheLimit_wakesTheEvictor() {
    Ledger ledger = ledger(small(100));
    AtomicLong woken = new AtomicLong();
    ledger.setRoom(
        new Room() {
          @Override
          public void make(long bytes, long files) {}

          @Override
          public void wake() {
            woken.incrementAndGet();
          }
        });
    assertThat(ledger.tryReserve(PAGE, 95)).isTrue();
    assertThat(woken).hasValue(0);
    assertThat(ledger.tryReserve(PAGE, 1)).isTrue();
    assertThat(woken).hasValue(1);
    ledger.release(0, 5);
    assertThat(ledger.isAboveLow()).isTrue();
    ledger.release(0, 1);
    assertThat(ledger.isAboveLow()).isFalse();
  }

  @Test
  void tryReserve_afterAWriteFailed_isRefusedForAWhile() {
    Ledger ledger = ledger(LARGE);
    health.writeFailed(new StoreException("full", new FsException(Errno.ENOSPC)));
    assertThat(ledger.tryReserve(PAGE, 1)).isFalse();
    nanos.addAndGet(1_000_000_000);
    assertThat(ledger.tryReserve(PAGE, 1)).isTrue();
    assertThat(ledger.tryReserve(PAGE, 1)).as("a try takes several reservations").isTrue();
    nanos.addAndGet(100_000_000);
    assertThat(ledger.tryReserve(PAGE, 1)).as("a try is short").isFalse();
    health.wrote();
    assertThat(ledger.tryReserve(PAGE, 1)).isTrue();
  }

  @Test
  void tryPin_keepsTheQuota() {
    Ledger ledger = ledger(LARGE);
    assertThat(ledger.tryPin(10 * MIB)).isTrue();
    assertThat(ledger.tryPin(1)).isFalse();
    ledger.unpin(MIB);
    assertThat(ledger.tryPin(MIB)).isTrue();
    assertThat(ledger.status().pinnedBytes()).isEqualTo(10 * MIB);
  }

  @Test
  void aLedger_beginsWithWhatIsThere() {
    Ledger ledger =
        new Ledger(
            LARGE, new InMemoryBlobStore(), health, indexUsed::get, nanos::get, MIB, 7, PAGE);
    assertThat(ledger.status().usedBytes()).isEqualTo(MIB + 7 * Bounds.FILE_BYTES);
    assertThat(ledger.status().files()).isEqualTo(7);
    assertThat(ledger.status().pinnedBytes()).isEqualTo(PAGE);
  }

  /**
   * 64 threads reserve and release random sizes; what each holds is added up apart from the ledger.
   * The sum is looked at after each reservation, by everybody: it never exceeds the limit by a
   * byte, nor the number of files theirs, and at the end the ledger is empty.
   */
  @Test
  void manyThreads_neverExceedALimit() {
    Ledger ledger = ledger(small(100));
    long limit = ledger.status().limitBytes();
    AtomicLong heldBytes = new AtomicLong();
    AtomicLong heldFiles = new AtomicLong();
    AtomicLong succeeded = new AtomicLong();
    Parallel.run(
        64,
        thread -> {
          Random random = Seeds.random("thread " + thread);
          for (int round = 0; round < 2000; round++) {
            long bytes = PAGE * random.nextInt(256);
            long files = random.nextInt(4);
            if (ledger.tryReserve(bytes, files)) {
              long charge = bytes + files * Bounds.FILE_BYTES;
              assertThat(heldBytes.addAndGet(charge)).isLessThanOrEqualTo(limit);
              assertThat(heldFiles.addAndGet(files)).isLessThanOrEqualTo(100);
              succeeded.incrementAndGet();
              heldBytes.addAndGet(-charge);
              heldFiles.addAndGet(-files);
              ledger.release(bytes, files);
            }
          }
        });
    assertThat(succeeded.get()).isGreaterThan(1000);
    assertThat(ledger.status().usedBytes()).isZero();
    assertThat(ledger.status().files()).isZero();
  }

  /** As long as nothing is known to have been written, no more is given than there is. */
  @Test
  void manyThreads_neverReachAFloor() {
    Bounds bounds = new Bounds(1L << 40, 1000, 2 * MIB, 10, 0);
    Ledger ledger = ledger(bounds, new InMemoryBlobStore(11 * MIB, 90));
    AtomicLong givenBytes = new AtomicLong();
    AtomicLong givenFiles = new AtomicLong();
    Parallel.run(
        64,
        thread -> {
          Random random = Seeds.random("thread " + thread);
          for (int round = 0; round < 100; round++) {
            long bytes = PAGE * random.nextInt(16);
            long files = random.nextInt(2);
            if (ledger.tryReserve(bytes, files)) {
              givenBytes.addAndGet(bytes + files * Bounds.FILE_BYTES);
              givenFiles.addAndGet(files);
            }
          }
        });
    long most = 9 * MIB - Bounds.INDEX_GROWTH;
    assertThat(givenBytes.get()).isBetween(most - 20 * PAGE, most);
    assertThat(givenFiles.get()).isBetween(70L, 80L);
  }
}
