package io.cachefs.testing.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.testing.process.Require;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Proves the model: a plain directory of Linux answers what it answers. */
class ModelFileSystemTest {
  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void everyOperation_answersWhatAPlainDirectoryDoes(long seed) {
    Require.root();
    OperationGenerator operations = new OperationGenerator(new Random(seed));
    try (PlainFiles plain = new PlainFiles(directory)) {
      ModelFileSystem model = new ModelFileSystem(plain.stat(""));
      for (int step = 0; step < 1500; step++) {
        Operation operation = operations.next();
        assertThat(operation.outcome(plain))
            .as("seed %d step %d: %s", seed, step, operation)
            .isEqualTo(operation.outcome(model));
      }
      assertThat(TreeText.of(plain)).isEqualTo(TreeText.of(model));
    }
  }
}
