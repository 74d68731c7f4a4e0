package io.cachefs.vfs.inode;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.testing.concurrent.Parallel;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;

class SlotTableTest {
  private final SlotTable<Long> table = new SlotTable<>();

  @Test
  void add_first_hasNumberOne() {
    assertThat(table.add(number -> number)).isEqualTo(1);
  }

  @Test
  void find_ofNumbersNeverGiven_isNull() {
    table.add(number -> number);

    for (long number : new long[] {0, -1, 2, 1L << 32, 1L << 32 | 1, Long.MAX_VALUE, 1L << 31}) {
      assertThat(table.find(number)).as("%d", number).isNull();
      assertThat(table.remove(number)).as("%d", number).isNull();
    }
  }

  @Test
  void remove_twice_returnsTheObjectOnce() {
    long number = table.add(given -> given);

    assertThat(table.remove(number)).isEqualTo(number);
    assertThat(table.remove(number)).isNull();
    assertThat(table.find(number)).isNull();
  }

  @Test
  void add_afterRemove_givesANumberNeverGivenBefore() {
    Set<Long> given = new HashSet<>();
    for (int i = 0; i < 10_000; i++) {
      long number = table.add(n -> n);
      assertThat(given.add(number)).isTrue();
      assertThat(number).isPositive();
      table.remove(number);
    }
  }

  @Test
  void all_ofManyObjects_returnsEachOnce() {
    for (int i = 0; i < 10_000; i++) {
      table.add(n -> n);
    }

    assertThat(table.all()).hasSize(10_000).doesNotHaveDuplicates();
  }

  @Test
  void manyThreads_neverGiveOneNumberTwiceAndFindWhatTheyAdded() {
    Set<Long> given = ConcurrentHashMap.newKeySet();
    Parallel.run(
        8,
        thread -> {
          Random random = new Random(thread);
          Deque<Long> own = new ArrayDeque<>();
          for (int i = 0; i < 10_000; i++) {
            if (random.nextBoolean() || own.isEmpty()) {
              long number = table.add(n -> n);
              assertThat(given.add(number)).isTrue();
              own.add(number);
            } else {
              long number = own.remove();
              assertThat(table.find(number)).isEqualTo(number);
              assertThat(table.remove(number)).isEqualTo(number);
              assertThat(table.find(number)).isNull();
            }
          }
          own.forEach(table::remove);
        });
    assertThat(table.all()).isEmpty();
  }
}
