package io.cachefs.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.base.FsException;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.engine.config.CacheSettings.Limits;
import io.cachefs.testing.process.ChildProcess;
import io.cachefs.testing.process.Require;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The disk of the cache is full or becomes read-only: readers see no error and no wrong byte, the
 * status says what is the matter, and all is cached again afterwards.
 */
@Timeout(180)
@SuppressWarnings("NullAway.Init")
class CacheDiskTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int SIZE = 300_000;

  @TempDir Path directory;

  private Path source;
  private Path cache;
  private final SourceCalls calls = SourceCalls.local();
  private final List<byte[]> contents = new ArrayList<>();
  private boolean mounted;

  @BeforeEach
  void makeDirectories() throws IOException {
    source = Files.createDirectory(directory.resolve("source"));
    cache = Files.createDirectory(directory.resolve("cache"));
  }

  @AfterEach
  void unmount() {
    if (mounted) {
      shell("umount -l '" + cache + "'");
      mounted = false;
    }
  }

  private static String shell(String script) {
    try (ChildProcess process = ChildProcess.start("sh", "-c", script)) {
      int exit = process.awaitExit(LIMIT);
      assertThat(exit).as("%s: %s", script, process.output()).isZero();
      return String.join("\n", process.output());
    }
  }

  private void mount(String what) {
    Require.root();
    shell("mount " + what + " '" + cache + "'");
    mounted = true;
  }

  private void populate(int files, int size, String prefix) throws IOException {
    Random random = new Random(20261121);
    for (int i = 0; i < files; i++) {
      byte[] bytes = new byte[1 + random.nextInt(size)];
      random.nextBytes(bytes);
      Files.write(source.resolve(prefix + i), bytes);
      contents.add(bytes);
    }
  }

  private CacheFs open(Limits limits) throws FsException {
    CacheFsConfig config = CacheFsConfig.of(source);
    return CacheFs.open(
        config.withCache(Engine.EXCLUSIVE.settings(cache.resolve("c")).with(limits)),
        calls.calls());
  }

  private static Limits withoutFloor() {
    Limits plain = Limits.DEFAULT.withMemoryBytes(0);
    return new Limits(
        plain.diskBytes(),
        plain.files(),
        0,
        0,
        plain.memoryBytes(),
        plain.metadataBytes(),
        plain.pinnedBytes(),
        plain.eviction(),
        plain.ttl());
  }

  private void read(CacheFs cacheFs, String prefix, int from, int to) throws FsException {
    Reader reader = new Reader(cacheFs.vfs());
    for (int i = from; i < to; i++) {
      assertThat(reader.read(prefix + i)).as(prefix + i).isEqualTo(contents.get(i));
    }
  }

  private static CacheStatus status(CacheFs cacheFs) {
    return Objects.requireNonNull(cacheFs.status().cache());
  }

  private static boolean isWell(CacheStatus status) {
    return status.disk().state().equals("healthy") && status.index().failure() == null;
  }

  /** Reads all until the source is not needed for it; the disk is tried again only at times. */
  private void awaitAllCached(CacheFs cacheFs) throws FsException, InterruptedException {
    long end = System.nanoTime() + LIMIT.toNanos();
    calls.reset();
    read(cacheFs, "f", 0, contents.size());
    while (calls.count("read") > 0) {
      assertThat(System.nanoTime()).as("%s", status(cacheFs)).isLessThan(end);
      Thread.sleep(100);
      calls.reset();
      read(cacheFs, "f", 0, contents.size());
    }
    assertThat(isWell(status(cacheFs))).as("%s", status(cacheFs)).isTrue();
  }

  @Test
  void aFullDisk_isNoticedAndUsedAgainOnceThereIsRoom() throws Exception, InterruptedException {
    populate(40, SIZE, "f");
    mount("-t tmpfs -o size=48m tmpfs");
    try (CacheFs cacheFs = open(withoutFloor())) {
      read(cacheFs, "f", 0, 20);
      shell("dd if=/dev/zero bs=64k of='" + cache.resolve("other") + "' 2>/dev/null || true");
      read(cacheFs, "f", 0, 40);
      read(cacheFs, "f", 0, 40);
      CacheStatus full = status(cacheFs);
      boolean said = !isWell(full) || full.disk().refused() > 0 || full.disk().writeFailures() > 0;
      assertThat(said).as("%s", full).isTrue();
      Files.delete(cache.resolve("other"));
      awaitAllCached(cacheFs);
    }
    try (CacheFs cacheFs = open(withoutFloor())) {
      awaitAllCached(cacheFs);
    }
  }

  @Test
  void aDiskThatBecomesReadOnly_isNotUsed_andIsOnceItWasMountedAgain()
      throws Exception, InterruptedException {
    populate(40, SIZE, "f");
    Path image = directory.resolve("image");
    shell("truncate -s 96M '" + image + "' && mkfs.ext4 -q '" + image + "'");
    String options = "-o loop,errors=remount-ro '" + image + "'";
    mount(options);
    try (CacheFs cacheFs = open(withoutFloor())) {
      read(cacheFs, "f", 0, 20);
      // What ext4 does by itself when it meets an error, whoever writes just then.
      shell(
          "d=$(findmnt -no SOURCE '"
              + cache
              + "') && echo test > /sys/fs/ext4/${d#/dev/}/trigger_fs_error");
      read(cacheFs, "f", 0, 40);
      read(cacheFs, "f", 0, 40);
      CacheStatus refused = status(cacheFs);
      assertThat(isWell(refused)).as("%s", refused).isFalse();
      assertThat(refused.disk().writeFailures()).as("%s", refused).isPositive();
      assertThat(refused.disk().lastFailure()).isEqualTo("read-only file system");
    }
    unmount();
    mount(options);
    try (CacheFs cacheFs = open(withoutFloor())) {
      awaitAllCached(cacheFs);
    }
  }
}
