package io.cachefs.cache.data.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.testing.concurrent.Parallel;
import io.cachefs.testing.random.Seeds;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(Seeds.class)
class MemoryTierTest {
  private static final int BLOCK = 16 * 1024;

  /** Returns a buffer each of whose words says whose it is, and which writing of it. */
  private static ByteBuffer stamped(long id, long block, int length, long writing) {
    ByteBuffer data = ByteBuffer.allocateDirect(BLOCK);
    stamp(data, id, block, length, writing);
    return data;
  }

  private static void stamp(ByteBuffer data, long id, long block, int length, long writing) {
    data.clear();
    for (int i = 0; i + 8 <= length; i += 8) {
      data.putLong(i, word(id, block, writing));
    }
  }

  private static long word(long id, long block, long writing) {
    return (id << 40) | (block << 20) | (writing & 0xfffff);
  }

  @Test
  void read_findsWhatWasPut() {
    MemoryTier tier = new MemoryTier(1 << 20, 1, 2);
    ByteBuffer target = ByteBuffer.allocate(BLOCK);
    assertThat(tier.read(1, 2, 0, target, 8)).isFalse();
    tier.put(1, 2, stamped(1, 2, BLOCK, 3), 0, BLOCK);
    assertThat(tier.read(1, 2, BLOCK - 8, target, 8)).isTrue();
    assertThat(target.position()).isEqualTo(8);
    assertThat(target.getLong(0)).isEqualTo(word(1, 2, 3));
    assertThat(tier.read(1, 3, 0, target, 8)).isFalse();
    assertThat(tier.read(2, 2, 0, target, 8)).isFalse();
    tier.remove(1, 2);
    assertThat(tier.read(1, 2, 0, target, 8)).isFalse();
    tier.checkInvariants();
  }

  @Test
  void read_beyondAShortBlock_isAMiss() {
    MemoryTier tier = new MemoryTier(1 << 20, 1, 2);
    tier.put(1, 0, stamped(1, 0, 100, 1), 0, 100);
    assertThat(tier.read(1, 0, 96, ByteBuffer.allocate(8), 8)).isFalse();
    assertThat(tier.read(1, 0, 92, ByteBuffer.allocate(8), 8)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, BLOCK, 65_535, 65_536, 100_000, 1 << 20, (5 << 20) + 1, 64 << 20})
  void put_neverTakesMoreThanTheLimit(long limit) {
    MemoryTier tier = new MemoryTier(limit, 0, 4);
    for (int i = 0; i < 10_000; i++) {
      int length = i % 3 == 0 ? 1000 : BLOCK;
      tier.put(1, i, stamped(1, i, 8, 0), 0, length);
      assertThat(tier.allocatedBytes()).isLessThanOrEqualTo(limit);
    }
    tier.checkInvariants();
    assertThat(tier.isUsed()).isEqualTo(limit >= 65_536);
    if (tier.isUsed()) {
      assertThat(tier.demotions()).isPositive();
    }
  }

  @Test
  void putsAndRemoves_atRandom_areThoseOfAMapThatForgets() {
    Random random = Seeds.random("memory tier");
    MemoryTier tier = new MemoryTier(1 << 20, 2, 2);
    Map<Long, Long> writings = new HashMap<>();
    ByteBuffer target = ByteBuffer.allocateDirect(8);
    long hits = 0;
    for (int i = 0; i < 200_000; i++) {
      long block = random.nextInt(200);
      int length = block % 5 == 0 ? 4096 : BLOCK;
      int action = random.nextInt(10);
      if (action == 0) {
        tier.remove(1, block);
        writings.remove(block);
      } else if (action < 4) {
        tier.put(1, block, stamped(1, block, 8, i), 0, length);
        writings.put(block, (long) i);
      } else if (tier.read(1, block, 0, target.clear(), 8)) {
        hits++;
        assertThat(writings).containsKey(block);
        long writing = writings.getOrDefault(block, -1L);
        assertThat(target.getLong(0)).isEqualTo(word(1, block, writing));
      }
    }
    assertThat(hits).isGreaterThan(1000);
    tier.checkInvariants();
  }

  @Test
  void blocksInUse_stayWhileAScanPasses() {
    MemoryTier tier = new MemoryTier(4 << 20, 1, 1);
    ByteBuffer target = ByteBuffer.allocateDirect(8);
    for (int block = 0; block < 64; block++) {
      tier.put(1, block, stamped(1, block, 8, 0), 0, BLOCK);
    }
    for (int scanned = 0; scanned < 10_000; scanned++) {
      tier.put(2, scanned, stamped(2, scanned, 8, 0), 0, BLOCK);
      boolean ignored = tier.read(1, scanned % 64, 0, target.clear(), 8);
    }
    int left = 0;
    for (int block = 0; block < 64; block++) {
      left += tier.read(1, block, 0, target.clear(), 8) ? 1 : 0;
    }
    assertThat(left).isGreaterThan(50);
  }

  /**
   * No reader ever gets a byte of another key, nor of two writings of one key, while slots are put,
   * removed and taken by others all the time: every word of what it got must say the same.
   */
  @Test
  void read_whileSlotsChangeOwners_neverSeesForeignBytes() {
    MemoryTier tier = new MemoryTier(512 * 1024, 2, 2);
    AtomicLong hits = new AtomicLong();
    Parallel threads = new Parallel();
    threads.add(
        3,
        number -> {
          Random random = Seeds.random("writer " + number);
          ByteBuffer data = ByteBuffer.allocateDirect(BLOCK);
          for (int i = 0; i < 60_000; i++) {
            long block = random.nextInt(48);
            int length = random.nextInt(4) == 0 ? 4096 : BLOCK;
            stamp(data, 1 + block % 3, block, length, i);
            tier.put(1 + block % 3, block, data, 0, length);
            if (random.nextInt(8) == 0) {
              tier.remove(1 + block % 3, block);
            }
          }
        });
    threads.add(
        5,
        number -> {
          Random random = Seeds.random("reader " + number);
          ByteBuffer target = ByteBuffer.allocateDirect(BLOCK);
          for (int i = 0; i < 150_000; i++) {
            long block = random.nextInt(48);
            int length = random.nextBoolean() ? 64 : 4096;
            int offset = random.nextInt(4096 / 8) * 8;
            length = Math.min(length, 4096 - offset);
            if (tier.read(1 + block % 3, block, offset, target.clear(), length)) {
              hits.incrementAndGet();
              long first = target.getLong(0);
              assertThat(first >>> 20).isEqualTo(word(1 + block % 3, block, 0) >>> 20);
              for (int at = 8; at < length; at += 8) {
                if (target.getLong(at) != first) {
                  throw new AssertionError("two writings in one read");
                }
              }
            }
          }
        });
    threads.run();
    tier.checkInvariants();
    assertThat(hits.get()).isGreaterThan(10_000);
  }
}
