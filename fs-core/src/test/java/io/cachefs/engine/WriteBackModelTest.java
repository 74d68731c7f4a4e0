package io.cachefs.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.engine.config.CacheSettings;
import io.cachefs.engine.config.CacheSettings.WriteBackCare;
import io.cachefs.engine.config.CacheSettings.Writing;
import io.cachefs.engine.config.WriteMode;
import io.cachefs.testing.model.ModelFileSystem;
import io.cachefs.testing.model.Operation;
import io.cachefs.testing.model.OperationGenerator;
import io.cachefs.testing.model.PlainFiles;
import io.cachefs.testing.model.TreeText;
import io.cachefs.testing.process.OpenDescriptors;
import io.cachefs.testing.process.Require;
import io.cachefs.testing.random.Seeds;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Random operations through write-back with its journal on a disk and real senders: each gives what
 * the model gives, also after the file system was closed and opened again, and in the end the
 * source has what the model has.
 */
@ExtendWith(Seeds.class)
class WriteBackModelTest {
  private static final int STEPS = 1000;
  private static final int LIVES = 4;
  private static final int SHOWN = 15;

  @TempDir Path source;
  @TempDir Path cache;

  @BeforeEach
  void requireRoot() {
    Require.root();
  }

  private CacheFsConfig config(boolean offline) {
    WriteBackCare care =
        new WriteBackCare(Duration.ofMillis(1), Duration.ofMillis(5), false, offline);
    Writing writing = new Writing(WriteMode.WRITE_BACK, List.of(), care);
    return CacheFsConfig.of(source)
        .withCache(CacheSettings.of(cache.resolve("c")).with(writing))
        .withDescriptorLimit(64);
  }

  @ParameterizedTest
  @CsvSource({"true, 1", "true, 2", "false, 1", "false, 2", "false, 0"})
  void everyOperation_throughWriteBack_answersWhatTheModelDoes(boolean offline, long given)
      throws Exception, InterruptedException {
    long seed = given == 0 ? Seeds.seed() : given;
    Random random = new Random(seed);
    OperationGenerator operations = new OperationGenerator(random);
    Deque<String> last = new ArrayDeque<>();
    try (PlainFiles plain = new PlainFiles(source)) {
      ModelFileSystem model = new ModelFileSystem(plain.stat(""));
      for (int life = 0; life < LIVES; life++) {
        try (CacheFs cacheFs = CacheFs.open(config(offline))) {
          try (VfsFiles files = new VfsFiles(cacheFs.vfs())) {
            assertThat(TreeText.of(files))
                .as("seed %d, opened", seed)
                .isEqualTo(TreeText.of(model));
            for (int step = 0; step < STEPS / LIVES; step++) {
              Operation operation = operations.next();
              last.add(operation.toString());
              if (last.size() > SHOWN) {
                last.remove();
              }
              Object expected = operation.outcome(model);
              assertThat(operation.outcome(files))
                  .as("seed %d step %d: %s", seed, step, String.join("\n", last))
                  .isEqualTo(expected);
            }
            assertThat(TreeText.of(files)).isEqualTo(TreeText.of(model));
            for (int slot = 0; slot < OperationGenerator.SLOTS; slot++) {
              Operation close = ModelTest.closing(slot);
              assertThat(close.outcome(files)).isEqualTo(close.outcome(model));
            }
          }
          if (life == LIVES - 1) {
            drain(cacheFs);
            assertThat(TreeText.of(plain)).as("seed %d", seed).isEqualTo(TreeText.of(model));
          }
        }
        last.add("opened again");
        assertThat(OpenDescriptors.under(source)).isEmpty();
        assertThat(OpenDescriptors.under(cache)).isEmpty();
      }
    }
  }

  private static void drain(CacheFs cacheFs) throws InterruptedException {
    WriteBackStack writeBack = Objects.requireNonNull(cacheFs.writeBack());
    writeBack.sender().goOnline();
    int left = writeBack.sender().drain(TimeUnit.SECONDS.toNanos(60), count -> {});
    assertThat(left).as(() -> writeBack.sender().failures().toString()).isZero();
    assertThat(writeBack.sender().status().conflicts()).isZero();
  }
}
