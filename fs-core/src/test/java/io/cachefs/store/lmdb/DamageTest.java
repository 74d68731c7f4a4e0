package io.cachefs.store.lmdb;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.testing.process.ChildProcess;
import io.cachefs.testing.random.Seeds;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * However the file of an index is damaged: the process survives, no record is wrong, and the index
 * can be used.
 */
@ExtendWith(Seeds.class)
final class DamageTest {
  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({"flip,300", "truncate,40", "zero,40", "swap,40"})
  void damage_isSurvived(String kind, String rounds) {
    try (ChildProcess child =
        ChildProcess.java(
            java.util.List.of("-Dcachefs.seed=" + Seeds.seed(), "-Xmx256m"),
            DamageInChild.class,
            directory.toString(),
            kind,
            rounds)) {
      assertThat(child.awaitExit(Duration.ofMinutes(3))).as("%s", child.output()).isZero();
      assertThat(child.output()).contains("done");
      System.out.println(kind + ": " + child.output().get(child.output().size() - 2));
    }
  }
}
