package io.cachefs.cache.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cachefs.base.Attributes;
import io.cachefs.base.ByteRange;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Passthrough;
import io.cachefs.base.Timestamp;
import io.cachefs.base.Version;
import io.cachefs.store.Blob;
import io.cachefs.store.BlockGroup;
import io.cachefs.store.ContentRecord;
import io.cachefs.store.InMemoryBlobStore;
import io.cachefs.testing.concurrent.Parallel;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class DataCacheTest {
  private static final int BLOCK = BlockGroup.BLOCK_SIZE;
  private static final long MIB = 1 << 20;

  private final TestCache test = new TestCache();

  @AfterEach
  void nothingIsLeft() {
    test.checkInvariants();
    test.cache.close();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void read_ofWhatWasRead_doesNotAskTheOrigin(boolean cheap) throws Exception {
    TestOrigin origin = new TestOrigin(10 * MIB + 123, cheap);
    try (Content content = test.acquire(1, origin.version())) {
      for (long offset = 0; offset < origin.version().size(); offset += 100_000) {
        TestCache.readRight(content, origin, offset, 100_000);
      }
      content.confirm(origin);
      assertThat(content.isComplete()).isTrue();
      assertThat(origin.bytes).hasValue(10 * MIB + 123);
      assertThat(content.ranges()).containsExactly(new ByteRange(0, 10 * MIB + 123));
    }
    origin.fail(Errno.EIO);
    try (Content content = test.acquire(1, origin.version())) {
      assertThat(TestCache.readRight(content, origin, 3_333_333, 777_777)).isEqualTo(777_777);
      assertThat(TestCache.readRight(content, origin, 10 * MIB, 4096)).isEqualTo(123);
      assertThat(TestCache.readRight(content, origin, 10 * MIB + 123, 4096)).isZero();
    }
  }

  @Test
  void read_ofTheTail_fetchesOnlyItsBlocks() throws Exception {
    TestOrigin origin = new TestOrigin(1 << 30, false);
    try (Content content = test.acquire(1, origin.version())) {
      assertThat(TestCache.readRight(content, origin, (1 << 30) - 4096, 4096)).isEqualTo(4096);
      assertThat(origin.bytes).hasValue(BLOCK);
      assertThat(origin.reads).hasValue(1);
      assertThat(content.ranges()).containsExactly(new ByteRange((1 << 30) - BLOCK, BLOCK));
      assertThat(content.isComplete()).isFalse();
    }
    assertThat(test.reserved).hasValue(BLOCK);
  }

  @Test
  void read_ofANewContentJustOpened_isConfirmedWhenNobodyWaits() throws Exception {
    TestOrigin origin = new TestOrigin(10 * MIB, false);
    origin.open();
    try (Content content = test.acquire(1, origin.version())) {
      assertThat(TestCache.readRight(content, origin, 9 * MIB, 4096)).isEqualTo(4096);
      assertThat(origin.stats).hasValue(0);
      content.confirm(origin);
      assertThat(origin.stats).hasValue(1);
    }
  }

  @Test
  void read_besideWhatWasKeptBefore_isConfirmedAtOnce() throws Exception {
    TestOrigin origin = new TestOrigin(10 * MIB, false);
    Version version = origin.version();
    try (Content content = test.acquire(1, version)) {
      TestCache.readRight(content, origin, 0, 4096);
      content.confirm(origin);
    }
    origin.open();
    origin.change(10 * MIB);
    try (Content content = test.acquire(1, version)) {
      ByteBuffer target = ByteBuffer.allocateDirect(4096);
      content.read(5 * MIB, target, origin, null);
      assertThat(origin.stats.get()).isPositive();
      assertThat(content.isDead()).isTrue();
    }
  }

  @Test
  void read_afterRestart_needsNoOrigin() throws Exception {
    TestOrigin origin = new TestOrigin(MIB + 5, true);
    fill(1, origin);
    TestOrigin small = new TestOrigin(700, true);
    fill(2, small);
    test.restart();
    origin.fail(Errno.EIO);
    small.fail(Errno.EIO);
    try (Content content = test.acquire(1, origin.version());
        Content inline = test.acquire(2, small.version())) {
      assertThat(content.isComplete()).isTrue();
      assertThat(TestCache.readRight(content, origin, 0, 2 << 20)).isEqualTo(MIB + 5);
      assertThat(TestCache.readRight(inline, small, 100, 4096)).isEqualTo(600);
      assertThat(test.cache.status().verifiedBytes()).isEqualTo(MIB + 5);
    }
  }

  private void fill(int file, TestOrigin origin) throws FsException {
    try (Content content = test.acquire(file, origin.version())) {
      content.fill(origin);
      assertThat(content.isComplete()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void read_by32ThreadsOfTheSameColdFile_fetchesEachBlockOnce(boolean cheap) throws Exception {
    TestOrigin origin = new TestOrigin(4 * MIB + 77, cheap);
    try (Content content = test.acquire(1, origin.version())) {
      Parallel.run(
          32,
          number -> {
            for (int i = 0; i < 64; i++) {
              long offset = (i * 5L + number) % 64 * 65_536;
              TestCache.readRight(content, origin, origin.version(), offset, 65_536, true);
            }
            TestCache.readRight(content, origin, origin.version(), 4 * MIB, 100, number % 2 == 0);
          });
      assertThat(origin.bytes).hasValue(4 * MIB + 77);
      content.confirm(origin);
    }
    assertThat(test.record(1)).extracting(ContentRecord::flags).isEqualTo(ContentRecord.COMPLETE);
  }

  @ParameterizedTest
  @ValueSource(ints = {1000, 3 << 20})
  void fetch_whenTheVersionChangesMeanwhile_keepsNothingAndTells(int size) throws Exception {
    for (boolean cheap : new boolean[] {true, false}) {
      TestOrigin origin = new TestOrigin(size, cheap);
      Version first = origin.version();
      try (Content content = test.acquire(1, first)) {
        origin.afterRead(
            () -> {
              origin.afterRead(() -> {});
              origin.change(size);
            });
        // The first fetch got old bytes; what the reader gets is of one version all the same.
        TestCache.readRight(content, origin, TestOrigin.version(size, 2), 0, 100_000, true);
        assertThat(content.isDead()).isTrue();
        assertThat(test.gone).containsExactly(TestCache.file(1));
        TestCache.readRight(content, origin, 50, 1000);
      }
      test.gone.clear();
      assertThat(test.index.contentsFrom(0, 9)).isEmpty();
      assertThat(test.blobIds()).isEmpty();
    }
  }

  @Test
  void read_ofAnUncheapOrigin_isConfirmedOnceASecond() throws Exception {
    TestOrigin origin = new TestOrigin(64 * MIB, false);
    try (Content content = test.acquire(1, origin.version())) {
      for (int i = 0; i < 200; i++) {
        TestCache.readRight(content, origin, i * MIB / 4, 4096);
        test.pass(10);
      }
      assertThat(origin.stats.get()).isBetween(2L, 4L);
      assertThat(test.record(1)).isNotNull();
    }
  }

  @Test
  void read_whenTheVersionIsGoneUnnoticed_findsOutWithinASecond() throws Exception {
    TestOrigin origin = new TestOrigin(64 * MIB, false);
    try (Content content = test.acquire(1, origin.version())) {
      TestCache.readRight(content, origin, 0, 4096);
      origin.change(64 * MIB);
      test.pass(1000);
      TestCache.readRight(content, origin, 8 * MIB, 4096);
      test.pass(1000);
      TestCache.readRight(content, origin, 16 * MIB, 4096);
      assertThat(content.isDead()).isTrue();
    }
    assertThat(test.gone).containsExactly(TestCache.file(1));
    assertThat(test.index.contentsFrom(0, 9)).isEmpty();
  }

  @Test
  void acquire_ofAnotherVersion_dropsTheOldOne() throws Exception {
    TestOrigin origin = new TestOrigin(MIB, true);
    fill(1, origin);
    Version old = origin.version();
    try (Content before = test.acquire(1, old)) {
      origin.change(2 * MIB);
      try (Content after = test.acquire(1, origin.version())) {
        assertThat(before.isDead()).isTrue();
        assertThat(after.ranges()).isEmpty();
        assertThat(TestCache.readRight(after, origin, 0, 3 << 20)).isEqualTo(2 * MIB);
        assertThat(TestCache.readRight(before, origin, 0, 4096)).isEqualTo(4096);
      }
    }
    assertThat(test.blobIds()).hasSize(1);
  }

  @Test
  void damagedBlock_isFetchedAgainAndCounted() throws Exception {
    TestOrigin origin = new TestOrigin(MIB, true);
    fill(1, origin);
    test.restart();
    InMemoryBlobStore twin = (InMemoryBlobStore) test.blobs;
    twin.flipByte(test.blobIds().get(0), 5 * BLOCK + 17);
    long before = origin.bytes.get();
    try (Content content = test.acquire(1, origin.version())) {
      assertThat(content.passthrough()).isNull();
      assertThat(TestCache.readRight(content, origin, 0, 1 << 20)).isEqualTo(MIB);
      assertThat(origin.bytes.get() - before).isEqualTo(BLOCK);
      assertThat(test.cache.status().damaged()).isEqualTo(1);
      assertThat(content.passthrough()).isNotNull();
    }
  }

  @Test
  void damagedBlock_whenTheOriginIsDown_isAnErrorAndNotAWrongByte() throws Exception {
    TestOrigin origin = new TestOrigin(MIB, true);
    fill(1, origin);
    test.restart();
    ((InMemoryBlobStore) test.blobs).flipByte(test.blobIds().get(0), 17);
    origin.fail(Errno.EIO);
    try (Content content = test.acquire(1, origin.version())) {
      assertThatThrownBy(() -> TestCache.readRight(content, origin, 0, 4096))
          .isInstanceOf(FsException.class);
      assertThat(TestCache.readRight(content, origin, BLOCK, 1 << 20)).isEqualTo(MIB - BLOCK);
    }
  }

  @Test
  void deletedAndTruncatedBlobs_areHealed() throws Exception {
    TestOrigin origin = new TestOrigin(MIB, true);
    fill(1, origin);
    test.blobs.remove(test.blobIds().get(0));
    try (Content content = test.acquire(1, origin.version())) {
      assertThat(TestCache.readRight(content, origin, 0, 1 << 20)).isEqualTo(MIB);
    }
    assertThat(test.cache.status().damaged()).isEqualTo(1);
    test.restart();
    long id = test.blobIds().get(0);
    try (Blob blob = Objects.requireNonNull(test.blobs.find(id))) {
      blob.truncate(3 * BLOCK + 5);
    }
    try (Content content = test.acquire(1, origin.version())) {
      assertThat(TestCache.readRight(content, origin, 0, 1 << 20)).isEqualTo(MIB);
      assertThat(content.isComplete()).isTrue();
    }
    assertThat(test.cache.status().damaged()).isPositive();
  }

  @Test
  void read_whenThereIsNoSpace_goesPastTheCache() throws Exception {
    TestOrigin origin = new TestOrigin(MIB, true);
    test.limit = 4L * BLOCK;
    try (Content content = test.acquire(1, origin.version())) {
      for (int i = 0; i < 64; i++) {
        TestCache.readRight(content, origin, (long) i * BLOCK, BLOCK);
      }
      assertThat(content.ranges()).containsExactly(new ByteRange(0, 4L * BLOCK));
      assertThatThrownBy(() -> content.fill(origin)).isInstanceOf(FsException.class);
    }
    assertThat(test.cache.status().bypassBytes()).isPositive();
  }

  @Test
  void read_whenTheDiskFails_goesPastTheCacheAndComesBack() throws Exception {
    TestOrigin origin = new TestOrigin(MIB, true);
    InMemoryBlobStore twin = (InMemoryBlobStore) test.blobs;
    try (Content content = test.acquire(1, origin.version())) {
      TestCache.readRight(content, origin, 0, BLOCK);
      twin.failWrites(Errno.EIO);
      twin.failReads(Errno.EIO);
      assertThat(TestCache.readRight(content, origin, 0, 1 << 20)).isEqualTo(MIB);
      twin.failWrites(null);
      twin.failReads(null);
      test.pass(5000);
      assertThat(TestCache.readRight(content, origin, 0, 1 << 20)).isEqualTo(MIB);
      assertThat(content.isComplete()).isTrue();
    }
    assertThat(test.cache.status().storeFailures()).isPositive();
  }

  @Test
  void smallReads_areServedFromMemoryAtTheThirdTime() throws Exception {
    TestOrigin origin = new TestOrigin(MIB, true);
    fill(1, origin);
    try (Content content = test.acquire(1, origin.version())) {
      for (int i = 0; i < 3; i++) {
        assertThat(test.cache.status().memoryHits()).isZero();
        TestCache.readRight(content, origin, 5 * BLOCK + 100, 1024);
      }
      assertThat(test.cache.status().memoryHits()).isEqualTo(1);
      assertThat(test.cache.status().promotions()).isEqualTo(1);
    }
    // A block in memory is found by whoever opens the file next.
    try (Content content = test.acquire(1, origin.version())) {
      TestCache.readRight(content, origin, 5 * BLOCK + 3000, 1024);
      assertThat(test.cache.status().memoryHits()).isEqualTo(2);
    }
  }

  @Test
  void evict_ofWhatIsInUse_isRefused() throws Exception {
    TestOrigin origin = new TestOrigin(MIB, true);
    fill(1, origin);
    ContentRecord record = test.index.contentsFrom(0, 1).get(0);
    try (Content content = test.acquire(1, origin.version())) {
      assertThat(test.cache.inUse(content.id())).isTrue();
      assertThat(test.cache.evict(record)).isFalse();
      assertThat(TestCache.readRight(content, origin, 0, 100)).isEqualTo(100);
    }
    assertThat(test.cache.evict(record)).isTrue();
    assertThat(test.cache.evict(record)).isTrue();
    assertThat(test.reserved).hasValue(0);
    assertThat(test.blobIds()).isEmpty();
  }

  @Test
  void drop_ofWhatIsInUse_makesItDead() throws Exception {
    TestOrigin origin = new TestOrigin(MIB, true);
    fill(1, origin);
    try (Content content = test.acquire(1, origin.version())) {
      test.cache.drop(content.id());
      assertThat(content.isDead()).isTrue();
      origin.change(5000);
      assertThat(TestCache.readRight(content, origin, 0, 1 << 20)).isEqualTo(5000);
      assertThat(test.reserved.get()).isEqualTo(MIB);
    }
    assertThat(test.reserved).hasValue(0);
  }

  @Test
  void restamp_keepsTheContentUnderItsNewVersion() throws Exception {
    TestOrigin origin = new TestOrigin(MIB, true);
    fill(1, origin);
    Version next = TestOrigin.version(MIB, 99);
    Version renamed = new Version(MIB, origin.version().modified(), next.changed());
    test.cache.restamp(test.index.contentsFrom(0, 1).get(0).id(), renamed);
    try (Content content = test.acquire(1, renamed)) {
      assertThat(content.isComplete()).isTrue();
      Version again = new Version(MIB, origin.version().modified(), origin.version().changed());
      test.cache.restamp(content.id(), again);
      assertThat(content.version()).isEqualTo(again);
    }
    try (Content content = test.acquire(1, origin.version())) {
      assertThat(content.isComplete()).isTrue();
    }
  }

  @Test
  void unsettledContent_isFetchedAgainWhenItsTimeIsOver() throws Exception {
    TestOrigin origin = new TestOrigin(MIB, true);
    long now = 1_700_000_000;
    Version fresh = new Version(MIB, origin.version().modified(), new Timestamp(now - 1, 0));
    Origin source = new Stamped(origin, fresh);
    long id;
    try (Content content = test.acquire(1, fresh)) {
      content.fill(source);
      id = content.id();
      assertThat(content.passthrough()).isNull();
    }
    try (Content content = test.acquire(1, fresh)) {
      assertThat(content.id()).isEqualTo(id);
    }
    test.pass(1500);
    try (Content content = test.acquire(1, fresh)) {
      assertThat(content.id()).isNotEqualTo(id);
      content.fill(source);
      assertThat(content.passthrough()).isNotNull();
    }
  }

  /** An origin that says it is of a certain version. */
  private record Stamped(TestOrigin origin, Version version) implements Origin {
    @Override
    public int read(long offset, ByteBuffer target) throws FsException {
      return origin.read(offset, target);
    }

    @Override
    public Attributes attributes() throws FsException {
      Attributes known = origin.attributes();
      return new Attributes(
          1,
          2,
          known.mode(),
          1,
          0,
          0,
          0,
          version.size(),
          0,
          4096,
          known.accessed(),
          version.modified(),
          version.changed(),
          null);
    }

    @Override
    public boolean isCheap() {
      return origin.isCheap();
    }
  }

  @ParameterizedTest
  @EnumSource(Verification.class)
  void passthrough_needsEveryByteKeptAndChecked(Verification verify) throws Exception {
    TestCache other = new TestCache(DataSettings.DEFAULT.with(verify));
    TestOrigin origin = new TestOrigin(MIB, true);
    try (Content content = other.acquire(1, origin.version())) {
      TestCache.readRight(content, origin, 0, 4096);
      assertThat(content.passthrough()).isNull();
      content.fill(origin);
      Passthrough given = content.passthrough();
      if (verify == Verification.FULL) {
        assertThat(given).isNull();
      } else {
        assertThat(given).isNotNull();
        assertThat(Objects.requireNonNull(given).writable()).isFalse();
        assertThat(other.cache.evict(other.index.contentsFrom(0, 1).get(0))).isFalse();
      }
    }
    other.checkInvariants();
    other.cache.close();
  }

  @Test
  void scrubber_dropsDamagedBlocksInTime() throws Exception {
    TestOrigin origin = new TestOrigin(MIB, true);
    fill(1, origin);
    ((InMemoryBlobStore) test.blobs).flipByte(test.blobIds().get(0), 40 * BLOCK);
    for (int i = 0; i < 5; i++) {
      test.pass(200);
      test.cache.maintain();
    }
    assertThat(test.cache.status().damaged()).isEqualTo(1);
    try (Content content = test.acquire(1, origin.version())) {
      assertThat(content.ranges()).hasSize(2);
    }
  }

  @Test
  void sequentialReads_areFetchedAheadAndOnce() throws Exception {
    TestOrigin origin = new TestOrigin(32 * MIB, false);
    try (Content content = test.acquire(1, origin.version())) {
      try (ReadAhead ahead = test.cache.readAhead()) {
        ByteBuffer target = ByteBuffer.allocateDirect(128 * 1024);
        for (long offset = 0; offset < 32 * MIB; offset += 128 * 1024) {
          assertThat(content.read(offset, target.clear(), origin, ahead)).isEqualTo(128 * 1024);
          assertThat(target.get(77)).isEqualTo(TestOrigin.byteAt(origin.version(), offset + 77));
        }
      }
      content.confirm(origin);
      assertThat(content.isComplete()).isTrue();
      assertThat(origin.bytes).hasValue(32 * MIB);
      assertThat(test.cache.status().misses()).isLessThan(250);
    }
  }

  @Test
  void detachedBlob_isChangedInPlaceAndTellsWhatAKernelWrote() throws Exception {
    TestOrigin origin = new TestOrigin(MIB, true);
    fill(1, origin);
    long id = test.index.contentsFrom(0, 1).get(0).id();
    try (Content content = test.acquire(1, origin.version())) {
      assertThat(content.passthrough()).isNotNull();
      try (Blob mapped = Objects.requireNonNull(test.blobs.find(id))) {
        content.detach();
        assertThat(test.index.content(id)).isNull();
        assertThat(test.blobIds()).isEmpty();
        content.writeDetached(BLOCK - 2, direct(1, 2, 3, 4));
        assertThat(content.changedUnderneath()).isEmpty();
        // What a kernel writes through a mapping comes to the blob only.
        mapped.write(5L * BLOCK + 7, direct(9));
        ByteRange changed = new ByteRange(5L * BLOCK, BLOCK);
        assertThat(content.changedUnderneath()).containsExactly(changed);
        // A write to the same block does not hide it.
        content.writeDetached(5L * BLOCK + 100, direct(8));
        assertThat(content.changedUnderneath()).containsExactly(changed);
        content.acceptChange(changed);
        assertThat(content.changedUnderneath()).isEmpty();
        content.truncateDetached(3 * BLOCK + 1);
        content.writeDetached(4L * BLOCK, direct(5));
        assertThat(content.changedUnderneath()).isEmpty();
        ByteBuffer back = ByteBuffer.allocateDirect(2 * BLOCK);
        assertThat(content.readDetached(3L * BLOCK, back)).isEqualTo(BLOCK + 1);
        assertThat(back.get(1)).isZero();
        assertThat(back.get(BLOCK)).isEqualTo((byte) 5);
      }
    }
    assertThat(test.reserved).hasValue(0);
  }

  private static ByteBuffer direct(int... bytes) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(bytes.length);
    for (int each : bytes) {
      buffer.put((byte) each);
    }
    return buffer.flip();
  }

  @Test
  void emptyFile_needsNoContent() throws Exception {
    TestOrigin origin = new TestOrigin(0, true);
    try (Content content = test.acquire(1, origin.version())) {
      assertThat(content.isComplete()).isTrue();
      assertThat(TestCache.readRight(content, origin, 0, 100)).isZero();
      assertThat(origin.reads).hasValue(0);
    }
  }
}
