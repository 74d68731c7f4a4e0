package io.cachefs.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.base.FsException;
import io.cachefs.source.guard.GuardSettings;
import io.cachefs.source.guard.GuardedSource;
import io.cachefs.source.posix.PosixSource;
import io.cachefs.sys.LinuxFileCalls;
import io.cachefs.testing.model.ModelFileSystem;
import io.cachefs.testing.model.Operation;
import io.cachefs.testing.model.OperationGenerator;
import io.cachefs.testing.model.PlainFiles;
import io.cachefs.testing.model.TreeText;
import io.cachefs.testing.process.OpenDescriptors;
import io.cachefs.testing.process.Require;
import io.cachefs.testing.random.Seeds;
import io.cachefs.vfs.SourceVfs;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Random;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A source with deadlines answers as the model does, as one without them. */
@ExtendWith(Seeds.class)
class GuardedModelTest {
  private static final int STEPS = 1000;

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void everyOperation_answersWhatTheModelDoes(long round) throws FsException, IOException {
    Require.root();
    long seed = Seeds.seed() + round;
    OperationGenerator operations = new OperationGenerator(new Random(seed));
    GuardedSource source =
        GuardedSource.over(
            PosixSource.open(new LinuxFileCalls(), directory, 16),
            GuardSettings.of(Duration.ofSeconds(60), false),
            System::nanoTime,
            InstantSource.system());
    try (PlainFiles plain = new PlainFiles(directory);
        SourceVfs vfs = new SourceVfs(source, InstantSource.system(), Duration.ZERO)) {
      ModelFileSystem model = new ModelFileSystem(plain.stat(""));
      try (VfsFiles files = new VfsFiles(vfs)) {
        for (int step = 0; step < STEPS; step++) {
          Operation operation = operations.next();
          Object expected = operation.outcome(model);
          assertThat(operation.outcome(files))
              .as("seed %d step %d: %s", seed, step, operation)
              .isEqualTo(expected);
        }
        assertThat(TreeText.of(files)).isEqualTo(TreeText.of(model));
      }
      assertThat(vfs.inodeCount()).isEqualTo(1);
      assertThat(vfs.handleCount()).isZero();
    }
    assertThat(source.calls().stuck()).isZero();
    assertThat(OpenDescriptors.under(directory)).isEmpty();
  }
}
