package io.cachefs.benchmarks;

import io.cachefs.base.FsException;
import io.cachefs.engine.CacheFs;
import io.cachefs.engine.config.CacheSettings;
import io.cachefs.engine.config.CacheSettings.Consistency;
import io.cachefs.engine.config.CacheSettings.Lifetimes;
import io.cachefs.engine.config.CacheSettings.Limits;
import io.cachefs.vfs.Vfs;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A cache over files in memory, in a directory of its own that goes with it. */
final class OpenedCache implements Closeable {
  private final Path directory;
  private final CacheFs cacheFs;

  OpenedCache(int fileSize, long memoryBytes) throws IOException, FsException {
    directory = Files.createTempDirectory("cachefs-bench");
    CacheSettings settings =
        CacheSettings.of(directory.resolve("cache"))
            .with(Consistency.TTL)
            .with(Lifetimes.all(Duration.ofHours(1)))
            .with(Limits.DEFAULT.withDiskBytes(1L << 30).withMemoryBytes(memoryBytes));
    cacheFs = CacheFs.over(new MemorySource(fileSize), "memory", settings);
  }

  Vfs vfs() {
    return cacheFs.vfs();
  }

  @Override
  public void close() throws IOException {
    cacheFs.close();
    List<Path> all;
    try (Stream<Path> files = Files.walk(directory)) {
      all = files.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path each : all) {
      Files.delete(each);
    }
  }
}
