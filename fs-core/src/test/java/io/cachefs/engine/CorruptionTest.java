package io.cachefs.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.base.FsException;
import io.cachefs.cache.metadata.Clock;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.engine.config.CacheSettings;
import io.cachefs.engine.config.CacheSettings.Fetching;
import io.cachefs.engine.config.CacheSettings.Limits;
import io.cachefs.engine.config.CacheSettings.Verify;
import io.cachefs.sys.FileCalls;
import io.cachefs.sys.LinuxFileCalls;
import io.cachefs.testing.process.OpenDescriptors;
import io.cachefs.testing.random.Seeds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The cache's own files are damaged. What is read is right all the same, what was damaged is
 * fetched again, and then the source is not needed any more.
 */
@ExtendWith(Seeds.class)
@Timeout(120)
class CorruptionTest {
  private static final int FILES = 12;

  /** The last pages of an index may be free, and nobody misses them. */
  private static final double IN_USE = 0.75;

  @TempDir Path directory;

  private Path source;
  private Path cache;

  /** What happens to a file. */
  private interface Harm {
    void to(FileChannel file, Random random) throws IOException;
  }

  private static void flipBits(FileChannel file, Random random) throws IOException {
    for (int i = 0; i < 20; i++) {
      long at = (long) (random.nextDouble() * file.size());
      ByteBuffer one = ByteBuffer.allocate(1);
      file.read(one, at);
      one.put(0, (byte) (one.get(0) ^ 1 << random.nextInt(8)));
      file.write(one.flip(), at);
    }
  }

  private static void zero(FileChannel file, Random random) throws IOException {
    long from = (long) (random.nextDouble() * IN_USE * file.size()) / 4096 * 4096;
    int length = (int) Math.min(file.size() - from, 100_000);
    file.write(ByteBuffer.allocate(length), from);
  }

  private static void cut(FileChannel file, Random random) throws IOException {
    file.truncate((long) (random.nextDouble() * IN_USE * file.size()));
  }

  private static void empty(FileChannel file, Random random) throws IOException {
    file.truncate(random.nextInt(2));
  }

  private static void leave(FileChannel file, Random random) throws IOException {
    assert file.isOpen() && random != null;
  }

  /** What is damaged, and how. */
  enum Damage {
    BLOBS_FLIPPED("blobs", false, CorruptionTest::flipBits),
    BLOBS_CUT("blobs", false, CorruptionTest::cut),
    BLOBS_EMPTIED("blobs", false, CorruptionTest::empty),
    BLOBS_ZEROED("blobs", false, CorruptionTest::zero),
    BLOBS_DELETED("blobs", true, CorruptionTest::leave),
    INDEX_FLIPPED("index", false, CorruptionTest::flipBits),
    INDEX_CUT("index", false, CorruptionTest::cut),
    INDEX_EMPTIED("index", false, CorruptionTest::empty),
    INDEX_ZEROED("index", false, CorruptionTest::zero),
    INDEX_DELETED("index", true, CorruptionTest::leave);

    private final String below;
    private final boolean deletes;

    @SuppressWarnings("ImmutableEnumChecker")
    private final Harm harm;

    Damage(String below, boolean deletes, Harm harm) {
      this.below = below;
      this.deletes = deletes;
      this.harm = harm;
    }

    int doTo(Path cache, Random random) throws IOException {
      int harmed = 0;
      for (Path file : files(cache)) {
        boolean meant = cache.relativize(file).toString().startsWith(below);
        if (!meant || Files.size(file) == 0) {
          continue;
        }
        try (FileChannel open =
            FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
          harm.to(open, random);
        }
        if (deletes) {
          Files.delete(file);
        }
        harmed++;
      }
      return harmed;
    }
  }

  private static List<Path> files(Path directory) throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      return all.filter(Files::isRegularFile).toList();
    }
  }

  @BeforeEach
  void populate() throws IOException {
    source = Files.createDirectory(directory.resolve("source"));
    cache = directory.resolve("cache");
    Random random = Seeds.random("content");
    for (int i = 0; i < FILES; i++) {
      byte[] bytes = new byte[i % 3 == 0 ? 1 + random.nextInt(4000) : random.nextInt(600_000)];
      random.nextBytes(bytes);
      Files.write(source.resolve("f" + i), bytes);
    }
  }

  private CacheFsConfig config(Verify verify) {
    CacheSettings settings =
        Engine.EXCLUSIVE
            .settings(cache)
            .with(Fetching.DEFAULT.with(verify))
            .with(Limits.DEFAULT.withMemoryBytes(0));
    return CacheFsConfig.of(source).withCache(settings);
  }

  /** Opens by a clock by which the files are old enough, at once, for their times to tell. */
  private CacheFs open(Verify verify, FileCalls calls) throws FsException {
    Clock later =
        new Clock(
            System::nanoTime, InstantSource.offset(InstantSource.system(), Duration.ofMinutes(1)));
    return CacheFs.open(config(verify), calls, later);
  }

  private void readAll(CacheFs cacheFs) throws FsException, IOException {
    Reader reader = new Reader(cacheFs.vfs());
    for (int i = 0; i < FILES; i++) {
      assertThat(reader.read("f" + i)).as("f%d", i).isEqualTo(Files.readAllBytes(file(i)));
    }
  }

  private Path file(int number) {
    return source.resolve("f" + number);
  }

  /** Fills a cache, and checks that it can do without the source then. */
  private void fill(Verify verify) throws FsException, IOException {
    try (CacheFs cacheFs = open(verify, new LinuxFileCalls())) {
      readAll(cacheFs);
    }
    requireComplete(verify);
  }

  private void requireComplete(Verify verify) throws FsException, IOException {
    SourceCalls calls = SourceCalls.local();
    try (CacheFs cacheFs = open(verify, calls.calls())) {
      readAll(cacheFs);
    }
    assertThat(calls.count("read")).as("reads of the source once all is cached").isZero();
  }

  @ParameterizedTest
  @EnumSource
  void read_afterTheCacheWasDamagedBetweenRuns_isRightAndHeals(Damage damage) throws Exception {
    fill(Verify.READ);
    assertThat(damage.doTo(cache, Seeds.random("damage"))).isPositive();

    SourceCalls calls = SourceCalls.local();
    try (CacheFs cacheFs = open(Verify.READ, calls.calls())) {
      readAll(cacheFs);
      readAll(cacheFs);
    }

    assertThat(calls.count("read")).as("reads to heal %s", damage).isPositive();
    requireComplete(Verify.READ);
    assertThat(OpenDescriptors.under(directory)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(names = {"BLOBS_FLIPPED", "BLOBS_CUT", "BLOBS_EMPTIED", "BLOBS_ZEROED"})
  void read_whenBlobsAreDamagedWhileRunning_isRightAndHeals(Damage damage) throws Exception {
    fill(Verify.FULL);
    SourceCalls calls = SourceCalls.local();
    try (CacheFs cacheFs = open(Verify.FULL, calls.calls())) {
      readAll(cacheFs);
      for (int round = 0; round < 5; round++) {
        assertThat(damage.doTo(cache, Seeds.random("damage " + round))).isPositive();
        readAll(cacheFs);
      }
    }
    assertThat(calls.count("read")).isPositive();
    requireComplete(Verify.FULL);
  }

  @ParameterizedTest
  @EnumSource(names = {"INDEX_DELETED", "BLOBS_DELETED"})
  void read_whenFilesOfTheCacheGoWhileRunning_isRight(Damage damage) throws Exception {
    fill(Verify.READ);
    try (CacheFs cacheFs = open(Verify.READ, new LinuxFileCalls())) {
      readAll(cacheFs);
      assertThat(damage.doTo(cache, Seeds.random("damage"))).isPositive();
      readAll(cacheFs);
    }
    try (CacheFs cacheFs = open(Verify.READ, new LinuxFileCalls())) {
      readAll(cacheFs);
      readAll(cacheFs);
    }
    requireComplete(Verify.READ);
  }

  @ParameterizedTest
  @EnumSource(names = {"NONE", "FETCH", "READ", "FULL"})
  void read_inEveryMannerOfChecking_isRightAndNeedsTheSourceOnce(Verify verify) throws Exception {
    fill(verify);
  }
}
