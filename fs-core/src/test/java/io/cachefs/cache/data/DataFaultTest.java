package io.cachefs.cache.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.base.FsException;
import io.cachefs.store.BlobStore;
import io.cachefs.store.InMemoryBlobStore;
import io.cachefs.store.InMemoryIndex;
import io.cachefs.store.Index;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Lets the first, the second, the third call on a neighbour fail, and so on until a whole run has
 * none that fails; once, or for good from there on. Every byte read is right, or the origin failed.
 */
class DataFaultTest {
  private static final int SIZE = 300_000;
  private static final int SMALL = 900;
  private static final int RUNS = 2_000;

  /** Counts what a run did. */
  private int refused;

  @ParameterizedTest
  @CsvSource({"false, false", "false, true", "true, false", "true, true"})
  void blobs(boolean forGood, boolean cheap) throws Exception {
    for (int n = 1; ; n++) {
      Fault fault = new Fault(n, forGood);
      TestCache test =
          new TestCache(
              DataSettings.DEFAULT,
              new InMemoryIndex(),
              fault.in((BlobStore) new InMemoryBlobStore()));
      run(test, new Fault(Long.MAX_VALUE, false), cheap);
      // The disk of the cache is nobody's business but the cache's.
      assertThat(refused).as("reads refused at call %s", n).isZero();
      test.checkInvariants();
      test.cache.close();
      if (isEnd(fault, n)) {
        return;
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"false, false", "false, true", "true, false", "true, true"})
  void index(boolean forGood, boolean cheap) throws Exception {
    for (int n = 1; ; n++) {
      Fault fault = new Fault(n, forGood);
      TestCache test =
          new TestCache(
              DataSettings.DEFAULT, fault.in((Index) new InMemoryIndex()), new InMemoryBlobStore());
      run(test, new Fault(Long.MAX_VALUE, false), cheap);
      assertThat(refused).as("reads refused at call %s", n).isZero();
      assertThat(test.cache.takenBuffers()).isZero();
      test.cache.close();
      if (isEnd(fault, n)) {
        return;
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"false, false", "false, true", "true, false", "true, true"})
  void origin(boolean forGood, boolean cheap) throws Exception {
    for (int n = 1; ; n++) {
      Fault fault = new Fault(n, forGood);
      TestCache test = new TestCache();
      run(test, fault, cheap);
      test.checkInvariants();
      test.cache.close();
      if (isEnd(fault, n)) {
        return;
      }
      if (!forGood) {
        assertThat(refused).as("reads refused at call %s", n).isLessThanOrEqualTo(1);
      }
    }
  }

  private static boolean isEnd(Fault fault, int run) {
    assertThat(run).isLessThan(RUNS);
    return !fault.hasHappened();
  }

  private void run(TestCache test, Fault originFault, boolean cheap) throws Exception {
    refused = 0;
    TestOrigin large = new TestOrigin(SIZE, cheap);
    TestOrigin small = new TestOrigin(SMALL, cheap);
    for (int life = 0; life < 2; life++) {
      for (int round = 0; round < 2; round++) {
        read(test, 1, large, originFault, 70_000 * round, 100);
        read(test, 2, small, originFault, 0, SMALL);
        test.pass(1100);
        read(test, 1, large, originFault, 30_000, 80_000);
        read(test, 1, large, originFault, 0, SIZE);
        test.cache.maintain();
      }
      test.restart();
    }
    large.change(SIZE + 1);
    read(test, 1, large, originFault, 0, SIZE + 1);
  }

  private void read(
      TestCache test, int file, TestOrigin origin, Fault fault, int offset, int length) {
    try (Content content = test.acquire(file, origin.version())) {
      Origin failing = fault.in(origin);
      int count =
          TestCache.readRight(content, failing, origin.version(), offset, length, length % 2 == 0);
      assertThat(count).isEqualTo((int) Math.min(length, origin.version().size() - offset));
      content.confirm(failing);
    } catch (FsException e) {
      refused++;
    }
  }
}
