package io.cachefs.engine;

import io.cachefs.base.FsException;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.engine.config.CacheSettings;
import io.cachefs.engine.config.CacheSettings.Limits;
import io.cachefs.testing.concurrent.Parallel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A process that reads files through a small cache until it is killed; see {@link KillTest}. */
final class FillingProcess {
  private static final int READERS = 4;

  private FillingProcess() {}

  /** Returns the settings of the process: less room than the source has bytes. */
  static CacheSettings settings(Path cache) {
    return Engine.EXCLUSIVE.settings(cache).with(Limits.DEFAULT.withDiskBytes(8L << 20));
  }

  static String name(int file) {
    return "f" + file;
  }

  /** Takes the source, the cache, the number of files and a seed. */
  public static void main(String... args) throws IOException, FsException {
    Path source = Path.of(args[0]);
    int count = Integer.parseInt(args[2]);
    long seed = Long.parseLong(args[3]);
    List<byte[]> contents = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      contents.add(Files.readAllBytes(source.resolve(name(i))));
    }
    CacheFsConfig config = CacheFsConfig.of(source).withCache(settings(Path.of(args[1])));
    try (CacheFs cacheFs = CacheFs.open(config)) {
      System.out.println("reading");
      Parallel.run(
          READERS,
          number -> {
            Random random = new Random(seed * READERS + number);
            Reader reader = new Reader(cacheFs.vfs());
            while (true) {
              int file = random.nextInt(count);
              String wrong = reader.wrong(name(file), contents.get(file), random, 3);
              if (!wrong.isEmpty()) {
                System.out.println("wrong " + wrong);
              }
            }
          });
    }
  }
}
