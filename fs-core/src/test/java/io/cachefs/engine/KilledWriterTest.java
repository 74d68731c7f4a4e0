package io.cachefs.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.testing.posix.Flags;
import io.cachefs.testing.process.ChildProcess;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.lmdbjava.ByteBufferProxy;
import org.lmdbjava.Env;
import org.lmdbjava.EnvFlags;
import org.lmdbjava.Txn;

/**
 * A process that changed files through the cache is killed before the index heard of it. What was
 * known before is right no more, however long it could have been used.
 */
@Timeout(120)
class KilledWriterTest {
  static final String NEW = "new";

  private static final String OLD = "old";
  private static final String OTHER = "oth";

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path directory;

  @ParameterizedTest
  @EnumSource(names = {"TTL", "EXCLUSIVE", "CLOSE_TO_OPEN"})
  void ownChanges_whenTheProcessWasKilledRightAfterThem_areSeen(Engine engine)
      throws Exception, InterruptedException {
    Path source = Files.createDirectory(directory.resolve("source"));
    Path inside = Files.createDirectory(source.resolve("d"));
    for (String name : new String[] {"written", "replaced", "removed"}) {
      Files.writeString(inside.resolve(name), OLD);
    }
    Files.writeString(inside.resolve("other"), OTHER);
    // What is read of younger files is asked for again anyway.
    Thread.sleep(2_100);
    Path cache = directory.resolve("cache");
    try (CacheFs cacheFs = CacheFs.open(engine.config(source, cache));
        VfsFiles files = new VfsFiles(cacheFs.vfs())) {
      readAll(files);
      assertThat(files.list("d")).containsExactly("other", "removed", "replaced", "written");
    }

    try (ChildProcess child =
        ChildProcess.java(
            ChangingProcess.class, engine.name(), source.toString(), cache.toString())) {
      child.awaitLine("knows 4", PATIENCE);
      // The lock of LMDB that its writer waits for.
      try (Env<ByteBuffer> index = open(cache.resolve("index"));
          Txn<ByteBuffer> transaction = index.txnWrite()) {
        child.send("change");
        child.awaitLine("changed", PATIENCE);
        child.kill();
        transaction.abort();
      }
    }

    try (CacheFs cacheFs = CacheFs.open(engine.config(source, cache));
        VfsFiles files = new VfsFiles(cacheFs.vfs())) {
      assertThat(read(files, "d/written")).isEqualTo(NEW);
      assertThat(read(files, "d/replaced")).isEqualTo(OTHER);
      assertThat(read(files, "d/created")).isEqualTo(NEW);
      assertThat(files.list("d")).containsExactly("created", "replaced", "written");
    }
  }

  private static Env<ByteBuffer> open(Path index) {
    return Env.create(ByteBufferProxy.PROXY_SAFE)
        .setMapSize(1 << 30)
        .open(index.toFile(), EnvFlags.MDB_NOTLS);
  }

  static void readAll(VfsFiles files) {
    for (String name : new String[] {"written", "replaced", "removed", "other"}) {
      assertThat(read(files, "d/" + name)).isEqualTo(name.equals("other") ? OTHER : OLD);
    }
  }

  private static String read(VfsFiles files, String path) {
    files.open(0, path, Flags.O_RDONLY);
    try {
      return files.read(0, 0, 100);
    } finally {
      files.close(0);
    }
  }
}
