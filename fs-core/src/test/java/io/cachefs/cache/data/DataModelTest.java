package io.cachefs.cache.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.base.Version;
import io.cachefs.store.ContentRecord;
import io.cachefs.store.InMemoryBlobStore;
import io.cachefs.testing.concurrent.Parallel;
import io.cachefs.testing.random.Seeds;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Threads read files at random while others evict, drop, damage and scrub what is kept: every byte
 * is compared with what the version has there, and at the end all accounts have to fit.
 */
@ExtendWith(Seeds.class)
class DataModelTest {
  private static final int FILES = 6;
  private static final int READS = 1500;

  /** Shared by who has a content open. */
  private final ReadWriteLock quiet = new ReentrantReadWriteLock();

  @ParameterizedTest
  @EnumSource(Verification.class)
  void reads_whileContentsComeAndGo_areRight(Verification verify) throws Exception {
    TestCache test = new TestCache(DataSettings.DEFAULT.with(verify).withMemoryBytes(512 * 1024));
    test.limit = 2 << 20;
    TestOrigin[] origins = new TestOrigin[FILES];
    for (int i = 0; i < FILES; i++) {
      origins[i] = new TestOrigin(i == 0 ? 3000 : 200_000 * i + i, i % 2 == 0);
    }
    AtomicBoolean reading = new AtomicBoolean(true);
    Parallel threads = new Parallel();
    threads.add(
        () -> {
          try {
            Parallel.run(4, number -> readAtRandom(test, origins, number));
          } finally {
            reading.set(false);
          }
        });
    threads.add(
        () -> {
          Random random = Seeds.random("destroyer");
          while (reading.get()) {
            destroy(test, random, verify != Verification.NONE);
            test.pass(50);
            test.cache.maintain();
          }
        });
    threads.run();
    test.checkInvariants();
    assertThat(test.gone).isEmpty();
    test.restart();
    for (int i = 0; i < FILES; i++) {
      readAll(test, i, origins[i]);
    }
    test.checkInvariants();
    test.cache.close();
  }

  private void readAtRandom(TestCache test, TestOrigin[] origins, int thread) throws Exception {
    Random random = Seeds.random("reader " + thread);
    for (int i = 0; i < READS; i++) {
      int file = random.nextInt(FILES);
      TestOrigin origin = origins[file];
      Version version = origin.version();
      quiet.readLock().lock();
      try (Content content = test.acquire(file, version)) {
        try (ReadAhead ahead = test.cache.readAhead()) {
          long offset = random.nextInt((int) version.size());
          for (int step = random.nextInt(6); step >= 0; step--) {
            int length = 1 + random.nextInt(random.nextBoolean() ? 2000 : 150_000);
            boolean direct = random.nextBoolean();
            TestCache.readRight(content, origin, ahead, version, offset, length, direct);
            offset = random.nextInt(4) == 0 ? 0 : Math.min(version.size(), offset + length);
          }
        }
        content.confirm(origin);
      } finally {
        quiet.readLock().unlock();
      }
    }
  }

  private void destroy(TestCache test, Random random, boolean damages) throws Exception {
    List<ContentRecord> records = test.index.contentsFrom(0, 100);
    if (records.isEmpty()) {
      return;
    }
    ContentRecord record = records.get(random.nextInt(records.size()));
    switch (random.nextInt(damages ? 4 : 2)) {
      case 0 -> test.cache.drop(record.id());
      case 1 -> {
        boolean ignored = test.cache.evict(record);
      }
      default -> {
        // Nobody has anything open now: what was checked once is trusted while it is in use.
        quiet.writeLock().lock();
        try {
          if (random.nextBoolean()) {
            test.blobs.remove(record.id());
          } else if (test.blobs instanceof InMemoryBlobStore twin) {
            damage(twin, record, random);
          }
        } finally {
          quiet.writeLock().unlock();
        }
      }
    }
  }

  private static void damage(InMemoryBlobStore twin, ContentRecord record, Random random) {
    try {
      twin.flipByte(record.id(), random.nextInt((int) record.version().size()));
    } catch (IllegalArgumentException nothingThere) {
      assertThat(nothingThere).hasMessageMatching("no blob.*|nothing is stored.*");
    }
  }

  private static void readAll(TestCache test, int file, TestOrigin origin) throws Exception {
    try (Content content = test.acquire(file, origin.version())) {
      int size = (int) origin.version().size();
      assertThat(TestCache.readRight(content, origin, 0, size)).isEqualTo(size);
      content.confirm(origin);
    }
  }
}
