package io.cachefs.source.posix;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.source.FileId;
import io.cachefs.sys.ChangedFileCalls;
import io.cachefs.sys.Descriptor;
import io.cachefs.sys.FileCalls;
import io.cachefs.sys.LinuxFileCalls;
import io.cachefs.testing.concurrent.Parallel;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class DescriptorCacheTest {
  private static final int LIMIT = 16;

  private final Set<Integer> open = ConcurrentHashMap.newKeySet();
  private final AtomicInteger lastNumber = new AtomicInteger();
  private final FileCalls calls =
      ChangedFileCalls.of(
          new LinuxFileCalls(),
          call -> {
            assertThat(call.name()).isEqualTo("close");
            assertThat(open.remove(call.argument(0))).as("closed once").isTrue();
            return null;
          });
  private final DescriptorCache cache = new DescriptorCache(LIMIT);

  private Descriptor opened() {
    int number = lastNumber.incrementAndGet();
    open.add(number);
    return new Descriptor(calls, number);
  }

  private static FileId file(int number) {
    return new FileId(1, number, 0);
  }

  @Test
  void tryUse_afterTheLastRelease_isRefused() {
    Descriptor descriptor = opened();
    assertThat(descriptor.tryUse()).isTrue();
    descriptor.release();
    assertThat(open).hasSize(1);

    descriptor.release();

    assertThat(open).isEmpty();
    assertThat(descriptor.tryUse()).isFalse();
  }

  @Test
  void use_ofAFileNeverKept_isNull() {
    assertThat(cache.use(file(1))).isNull();
  }

  @Test
  void keep_whenAnotherThreadWasFirst_returnsTheFirstAndClosesTheSecond() {
    Descriptor first = cache.keep(file(1), opened());

    Descriptor second = cache.keep(file(1), opened());

    assertThat(second).isSameAs(first);
    assertThat(open).hasSize(1);
  }

  @Test
  void keep_beyondTheLimit_closesTheOneUnusedLongest() {
    for (int i = 0; i < LIMIT; i++) {
      cache.keep(file(i), opened()).release();
    }
    Descriptor used = cache.use(file(0));

    cache.keep(file(LIMIT), opened()).release();

    assertThat(cache.size()).isEqualTo(LIMIT);
    assertThat(open).hasSize(LIMIT);
    assertThat(cache.use(file(1))).isNull();
    assertThat(used).isNotNull();
  }

  @Test
  void keep_beyondTheLimit_leavesWhatIsInUseOpen() {
    Descriptor used = cache.keep(file(-1), opened());
    for (int i = 0; i < LIMIT; i++) {
      cache.keep(file(i), opened()).release();
    }

    assertThat(open).contains(used.number());
    used.release();
    assertThat(open).doesNotContain(used.number()).hasSize(LIMIT);
  }

  @Test
  void keep_afterClose_keepsNothing() {
    cache.close();

    Descriptor last = cache.keep(file(1), opened());
    last.release();

    assertThat(cache.size()).isZero();
    assertThat(open).isEmpty();
  }

  @Test
  void manyThreads_neverSeeAClosedDescriptorNorMoreThanTheLimit() {
    Parallel.run(
        8,
        thread -> {
          Random random = new Random(thread);
          for (int i = 0; i < 3000; i++) {
            FileId file = file(random.nextInt(40));
            Descriptor descriptor = cache.use(file);
            if (descriptor == null) {
              descriptor = cache.keep(file, opened());
            }
            assertThat(open.contains(descriptor.number())).isTrue();
            assertThat(cache.size()).isLessThanOrEqualTo(LIMIT);
            descriptor.release();
          }
        });
    assertThat(open).hasSize(cache.size());
    cache.close();
    assertThat(open).isEmpty();
  }
}
