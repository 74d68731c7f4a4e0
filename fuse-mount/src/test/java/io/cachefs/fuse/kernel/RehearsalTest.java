package io.cachefs.fuse.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.engine.CacheFs;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.engine.config.CacheSettings;
import io.cachefs.engine.config.CacheSettings.Lifetimes;
import io.cachefs.fuse.FuseTransport.ScratchTree;
import io.cachefs.fuse.MountOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RehearsalTest {
  private static final ScratchTree TREE =
      new ScratchTree(List.of("d0", "d1"), List.of("f0", "f1", "f2"));

  private final KernelTransport transport = new KernelTransport(System::nanoTime);

  @TempDir Path scratch;

  private CacheFsConfig config() {
    CacheSettings settings =
        CacheSettings.of(scratch.resolve("cache")).with(Lifetimes.all(Duration.ofHours(1)));
    return CacheFsConfig.of(scratch.resolve("source")).withCache(settings);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void rehearseReading_afterRestart_findsAllWithoutTheSource(boolean listsFirst) throws Exception {
    for (String directory : TREE.directories()) {
      Files.createDirectories(scratch.resolve("source").resolve(directory));
      for (String file : TREE.files()) {
        Files.write(scratch.resolve("source").resolve(directory).resolve(file), new byte[5000]);
      }
    }
    try (CacheFs first = CacheFs.openScratch(config(), true)) {
      transport.rehearseReading(first.vfs(), MountOptions.defaults("test", true), TREE, listsFirst);
      assertThat(first.status().inodes()).isEqualTo(9);
    }
    for (String directory : TREE.directories()) {
      Path from = scratch.resolve("source").resolve(directory);
      Files.move(from, scratch.resolve(directory));
    }

    try (CacheFs again = CacheFs.openScratch(config(), true)) {
      transport.rehearseReading(again.vfs(), MountOptions.defaults("test", true), TREE, listsFirst);
      assertThat(again.status().inodes()).isEqualTo(9);
    }
  }

  @Test
  void rehearse_leavesNothingBehind() throws Exception {
    Files.createDirectories(scratch.resolve("source"));
    int[] rounds = {0};
    try (CacheFs fileSystem = CacheFs.openScratch(config(), true)) {
      transport.rehearse(
          fileSystem.vfs(), MountOptions.defaults("test", true), () -> rounds[0]++ == 3);
      assertThat(fileSystem.status().openHandles()).isZero();
    }
    try (var left = Files.list(scratch.resolve("source"))) {
      assertThat(left).isEmpty();
    }
  }
}
