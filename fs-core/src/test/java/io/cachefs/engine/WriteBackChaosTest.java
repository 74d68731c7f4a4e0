package io.cachefs.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.base.FsException;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.engine.config.CacheSettings;
import io.cachefs.engine.config.CacheSettings.SourceCare;
import io.cachefs.engine.config.CacheSettings.WriteBackCare;
import io.cachefs.engine.config.CacheSettings.Writing;
import io.cachefs.engine.config.WriteMode;
import io.cachefs.testing.concurrent.Parallel;
import io.cachefs.testing.model.OperationGenerator;
import io.cachefs.testing.posix.Errno;
import io.cachefs.testing.process.OpenDescriptors;
import io.cachefs.testing.process.Require;
import io.cachefs.testing.random.Seeds;
import io.cachefs.vfs.Vfs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Sixteen threads change one tree through write-back while the source fails, is slow and recovers.
 * In the end the source has what was shown, and nobody was told of a conflict, because nobody else
 * changed anything. More rounds with {@code -Dcachefs.chaos.rounds=N}.
 */
@ExtendWith(Seeds.class)
@Timeout(300)
class WriteBackChaosTest {
  private static final int THREADS = 16;
  private static final int STEPS = 250;
  private static final Duration DEADLINE = Duration.ofSeconds(20);

  @TempDir Path directory;

  /** What is wrong with the source. */
  enum Trouble {
    NONE,
    FAILING,
    /** For less time than a deadline. */
    SLOW
  }

  @BeforeEach
  void requireRoot() {
    Require.root();
  }

  @ParameterizedTest
  @EnumSource(Trouble.class)
  void sixteenThreads_whileTheSourceIsInTrouble_leaveAtTheSourceWhatTheySaw(Trouble trouble)
      throws FsException, IOException, InterruptedException {
    for (int round = 0; round < Integer.getInteger("cachefs.chaos.rounds", 1); round++) {
      Path here = Files.createDirectory(directory.resolve("r" + round));
      round(trouble, here, Seeds.random(trouble + " " + round));
    }
  }

  private static void round(Trouble trouble, Path here, Random random)
      throws FsException, IOException, InterruptedException {
    Path source = Files.createDirectory(here.resolve("source"));
    UnreliableCalls calls = new UnreliableCalls(new Random(random.nextLong()));
    WriteBackCare care =
        new WriteBackCare(Duration.ofMillis(5), Duration.ofMillis(20), false, false);
    CacheSettings settings =
        CacheSettings.of(here.resolve("cache"))
            .with(new Writing(WriteMode.WRITE_BACK, List.of(), care))
            .with(new SourceCare(DEADLINE, false, true));
    CacheFsConfig config = CacheFsConfig.of(source).withCache(settings).withDescriptorLimit(64);
    SortedMap<String, String> shown;
    try (CacheFs cacheFs = CacheFs.open(config, calls.calls())) {
      AtomicInteger running = new AtomicInteger(THREADS);
      long[] seeds = random.longs(THREADS).toArray();
      long troubles = random.nextLong();
      try {
        new Parallel()
            .add(
                THREADS,
                thread -> {
                  try {
                    operate(cacheFs.vfs(), new OperationGenerator(new Random(seeds[thread])));
                  } finally {
                    running.decrementAndGet();
                  }
                })
            .add(() -> disturb(trouble, calls, new Random(troubles), running))
            .run();
      } finally {
        calls.recover();
      }
      drain(cacheFs);
      shown = VfsSnapshot.of(cacheFs.vfs());
      assertThat(cacheFs.status().openHandles()).isZero();
      assertThat(cacheFs.status().inodes()).isEqualTo(1);
    }
    assertThat(OpenDescriptors.under(source)).isEmpty();
    try (CacheFs bare = CacheFs.open(CacheFsConfig.of(source))) {
      assertThat(VfsSnapshot.diff(shown, VfsSnapshot.of(bare.vfs()))).isEmpty();
    }
  }

  private static void operate(Vfs vfs, OperationGenerator operations) {
    Set<Errno> impossible = EnumSet.of(Errno.EMFILE, Errno.EFAULT);
    try (VfsFiles files = new VfsFiles(vfs)) {
      for (int i = 0; i < STEPS; i++) {
        Object outcome = operations.next().outcome(files);
        if (outcome instanceof Errno errno) {
          assertThat(impossible).doesNotContain(errno);
        }
      }
    }
  }

  private static void disturb(
      Trouble trouble, UnreliableCalls calls, Random random, AtomicInteger running)
      throws InterruptedException {
    while (running.get() > 0) {
      switch (trouble) {
        case FAILING -> calls.fail(50 + random.nextInt(400));
        case SLOW -> calls.hang();
        case NONE -> calls.recover();
      }
      int most = 100;
      Thread.sleep(1 + random.nextInt(most));
      calls.recover();
      Thread.sleep(1 + random.nextInt(60));
    }
  }

  private static void drain(CacheFs cacheFs) throws InterruptedException, FsException {
    WriteBackStack writeBack = Objects.requireNonNull(cacheFs.writeBack());
    int left = writeBack.sender().drain(TimeUnit.SECONDS.toNanos(60), count -> {});
    assertThat(left).as(() -> writeBack.sender().failures().toString()).isZero();
    assertThat(writeBack.sender().status().conflicts()).isZero();
  }
}
