package io.cachefs.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.base.FsException;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.testing.process.ChildProcess;
import io.cachefs.testing.random.Seeds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process is killed while it fills a cache and evicts from it, again and again over the same
 * cache. What the cache serves afterwards, without asking the source whether it is right, is right.
 * More rounds with {@code -Dcachefs.kill.rounds=N}.
 */
@ExtendWith(Seeds.class)
@Timeout(600)
class KillTest {
  private static final int ROUNDS = Integer.getInteger("cachefs.kill.rounds", 20);
  private static final int FILES = 120;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path directory;

  @Test
  void read_afterTheProcessWasKilledWhileFilling_isNeverWrong()
      throws FsException, IOException, InterruptedException {
    Random random = Seeds.random("kill");
    Path source = Files.createDirectory(directory.resolve("source"));
    Path cache = directory.resolve("cache");
    List<byte[]> contents = populate(source, random);
    long served = 0;
    for (int round = 0; round < ROUNDS; round++) {
      try (ChildProcess child =
          ChildProcess.java(
              FillingProcess.class,
              source.toString(),
              cache.toString(),
              Integer.toString(FILES),
              Long.toString(random.nextInt(1_000_000)))) {
        String first = child.awaitLine(line -> true, "a line", PATIENCE);
        assertThat(first).as("round %d: %s", round, child.output()).isEqualTo("reading");
        Thread.sleep(random.nextInt(600));
        child.kill();
        assertThat(child.output()).as("round %d", round).containsExactly("reading");
      }
      served += check(source, cache, contents, round);
    }
    assertThat(served).as("bytes that came from the cache").isGreaterThan(ROUNDS * 20_000L);
  }

  private static List<byte[]> populate(Path source, Random random) throws IOException {
    List<byte[]> contents = new ArrayList<>();
    for (int i = 0; i < FILES; i++) {
      int size = i % 40 == 0 ? 3_000_000 : i % 3 == 0 ? 3000 : 100_000;
      byte[] bytes = new byte[1 + random.nextInt(size)];
      random.nextBytes(bytes);
      Files.write(source.resolve(FillingProcess.name(i)), bytes);
      contents.add(bytes);
    }
    return contents;
  }

  /** Reads everything; returns how many bytes the source was not asked for. */
  private static long check(Path source, Path cache, List<byte[]> contents, int round)
      throws FsException {
    long served = 0;
    SourceCalls calls = SourceCalls.local();
    CacheFsConfig config = CacheFsConfig.of(source).withCache(FillingProcess.settings(cache));
    try (CacheFs cacheFs = CacheFs.open(config, calls.calls())) {
      Reader reader = new Reader(cacheFs.vfs());
      for (int i = 0; i < FILES; i++) {
        calls.reset();
        byte[] read = reader.read(FillingProcess.name(i));
        assertThat(read).as("round %d, file %d", round, i).isEqualTo(contents.get(i));
        served += calls.count("read") == 0 ? read.length : 0;
      }
    }
    return served;
  }
}
