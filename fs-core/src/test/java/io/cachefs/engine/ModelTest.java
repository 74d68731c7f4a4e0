package io.cachefs.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.sys.ChangedFileCalls;
import io.cachefs.sys.FileCalls;
import io.cachefs.sys.LinuxFileCalls;
import io.cachefs.testing.model.ModelFileSystem;
import io.cachefs.testing.model.Operation;
import io.cachefs.testing.model.OperationGenerator;
import io.cachefs.testing.model.PlainFiles;
import io.cachefs.testing.model.TreeText;
import io.cachefs.testing.process.OpenDescriptors;
import io.cachefs.testing.process.Require;
import io.cachefs.testing.random.Seeds;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random operations give what the model gives, one by one, and leave the same tree. More of them
 * with {@code -Dcachefs.model.rounds=N}; one run again with {@code -Dcachefs.seed=N}.
 */
@ExtendWith(Seeds.class)
class ModelTest {
  private static final int STEPS = 1000;
  private static final int SHOWN = 15;

  @TempDir Path source;
  @TempDir Path cache;

  @BeforeEach
  void requireRoot() {
    Require.root();
  }

  /** A way to make system calls. */
  enum Way {
    BY_HANDLE,
    BY_NAME,
    SHORT_TRANSFERS;

    FileCalls calls() {
      FileCalls linux = new LinuxFileCalls();
      return switch (this) {
        case BY_HANDLE -> linux;
        case BY_NAME -> ChangedFileCalls.withoutHandles(linux, Errno.EOPNOTSUPP);
        case SHORT_TRANSFERS -> ChangedFileCalls.shortTransfers(linux, 1001);
      };
    }
  }

  static Stream<Arguments> runs() {
    List<Arguments> runs = new ArrayList<>();
    int rounds = Integer.getInteger("cachefs.model.rounds", 1);
    for (Way way : Way.values()) {
      LongStream.range(1, 3).forEach(seed -> runs.add(Arguments.of(way, seed)));
      LongStream.range(0, rounds)
          .forEach(round -> runs.add(Arguments.of(way, Seeds.seed() + round)));
    }
    return runs.stream();
  }

  @ParameterizedTest
  @MethodSource("runs")
  void everyOperation_answersWhatTheModelDoes(Way way, long seed) throws Exception {
    run(Engine.BARE, way, seed, 0);
  }

  @ParameterizedTest
  @MethodSource("runs")
  void everyOperation_whenOthersChangeTheSourceToo_answersWhatTheModelDoes(Way way, long seed)
      throws Exception {
    run(Engine.BARE, way, seed + 1000, 25);
  }

  static Stream<Arguments> cachedRuns() {
    List<Arguments> runs = new ArrayList<>();
    int rounds = Integer.getInteger("cachefs.model.rounds", 1);
    for (Engine engine : Engine.values()) {
      if (engine != Engine.BARE) {
        runs.add(Arguments.of(engine, Way.BY_HANDLE, 1));
        runs.add(Arguments.of(engine, Way.BY_NAME, 2));
        LongStream.range(0, rounds)
            .forEach(round -> runs.add(Arguments.of(engine, Way.BY_HANDLE, Seeds.seed() + round)));
      }
    }
    return runs.stream();
  }

  @ParameterizedTest
  @MethodSource("cachedRuns")
  void everyOperation_throughACacheThatIsOpenedAgain_answersWhatTheModelDoes(
      Engine engine, Way way, long seed) throws Exception {
    run(engine, way, seed, 0);
  }

  static Stream<Arguments> cachedRunsAtOnce() {
    return cachedRuns().filter(run -> ((Engine) run.get()[0]).name().matches(Engine.AT_ONCE));
  }

  @ParameterizedTest
  @MethodSource("cachedRunsAtOnce")
  void everyOperation_throughAStrictCache_whenOthersChangeTheSourceToo_answersWhatTheModelDoes(
      Engine engine, Way way, long seed) throws Exception {
    run(engine, way, seed + 1000, 25);
  }

  /**
   * Makes the operations, {@code behind} percent of them in the source behind the mount; a cache is
   * closed and opened again now and then.
   */
  private void run(Engine engine, Way way, long seed, int behind) throws FsException, IOException {
    Random random = new Random(seed);
    OperationGenerator operations = new OperationGenerator(random);
    Deque<String> last = new ArrayDeque<>();
    CacheFsConfig config = engine.config(source, cache).withDescriptorLimit(16);
    int life = engine == Engine.BARE ? STEPS : STEPS / 4;
    try (PlainFiles plain = new PlainFiles(source)) {
      ModelFileSystem model = new ModelFileSystem(plain.stat(""));
      for (int step = 0; step < STEPS; ) {
        try (CacheFs cacheFs = CacheFs.open(config, way.calls())) {
          try (VfsFiles files = new VfsFiles(cacheFs.vfs())) {
            for (int end = step + life; step < end; step++) {
              boolean fromBehind = random.nextInt(100) < behind;
              Operation operation = fromBehind ? operations.nextWithoutSlots() : operations.next();
              last.add((fromBehind ? "behind: " : "") + operation);
              if (last.size() > SHOWN) {
                last.remove();
              }
              Object expected = operation.outcome(model);
              assertThat(operation.outcome(fromBehind ? plain : files))
                  .as("seed %d step %d: %s", seed, step, String.join("\n", last))
                  .isEqualTo(expected);
            }
            assertThat(TreeText.of(plain)).isEqualTo(TreeText.of(model));
            assertThat(TreeText.of(files)).isEqualTo(TreeText.of(model));
            for (int slot = 0; slot < OperationGenerator.SLOTS; slot++) {
              Operation close = closing(slot);
              assertThat(close.outcome(files)).isEqualTo(close.outcome(model));
            }
          }
          last.add("opened again");
          assertThat(cacheFs.status().inodes()).isEqualTo(1);
          assertThat(cacheFs.status().openHandles()).isZero();
        }
        assertThat(OpenDescriptors.under(source)).isEmpty();
        assertThat(OpenDescriptors.under(cache)).isEmpty();
      }
    }
  }

  static Operation closing(int slot) {
    return new Operation(
        "close " + slot,
        files -> {
          files.close(slot);
          return "closed";
        });
  }
}
